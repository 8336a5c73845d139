import { defineWidgetConfig } from "@medusajs/admin-sdk"
import { Container, Heading } from "@medusajs/ui"
import { ProductLink } from "../components/product-link"
import { Loaded } from "../components/states"
import { client } from "../lib/client"
import { useLoad } from "../lib/use-load"

const ask = async (productId: string) => {
  const [linked, resources] = await Promise.all([
    client.productResource(productId),
    client.everyResource(),
  ])
  return { linked, resources }
}

/** The resource that a product is booked on. */
const ProductResource = ({ data: { id } }: { data: { id: string } }) => {
  const load = useLoad(() => ask(id), [id])
  return (
    <Container className="divide-y p-0" role="region" aria-label="Booking">
      <Heading level="h2" className="px-6 py-4">
        Booking
      </Heading>
      <Loaded load={load}>
        {({ linked, resources }) => (
          <ProductLink
            key={linked?.id ?? ""}
            productId={id}
            linked={linked}
            resources={resources}
            onDone={load.reload}
          />
        )}
      </Loaded>
    </Container>
  )
}

export const config = defineWidgetConfig({ zone: "product.details.side.after" })

export default ProductResource
