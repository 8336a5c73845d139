import { defineRouteConfig } from "@medusajs/admin-sdk"
import { CapacityForm } from "../../../components/capacity-form"
import { OfAResource } from "../../../components/of-a-resource"

const CapacityPage = () => (
  <OfAResource title="Capacity" about="How many places there are on each day.">
    {(resource) => <CapacityForm key={resource.id} resource={resource} />}
  </OfAResource>
)

export const config = defineRouteConfig({ label: "Capacity" })

export default CapacityPage
