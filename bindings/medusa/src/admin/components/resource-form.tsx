import { Input, Textarea } from "@medusajs/ui"
import { useState } from "react"
import { client } from "../lib/client"
import type { Resource, ResourceFields } from "../lib/types"
import { useChange } from "../lib/use-change"
import { Field } from "./field"
import { FormDrawer } from "./form-drawer"
import { Tick } from "./tick"

type ResourceFormProps = { resource?: Resource; onDone: () => void; onClose: () => void }

const fieldsOf = (resource?: Resource): ResourceFields => ({
  type: resource?.type ?? "",
  name: resource?.name ?? "",
  description: resource?.description ?? "",
  timezone: resource?.timezone,
  is_active: resource?.is_active ?? true,
})

/** A new resource, or what is known of one. */
export function ResourceForm({ resource, onDone, onClose }: ResourceFormProps) {
  const [fields, setFields] = useState(fieldsOf(resource))
  const change = useChange()
  const set = (some: Partial<ResourceFields>) => setFields({ ...fields, ...some })
  const text = (name: "type" | "name" | "timezone") => ({
    value: fields[name] ?? "",
    onChange: ({ target }: { target: { value: string } }) =>
      set({ [name]: target.value || (name === "timezone" ? undefined : "") }),
  })

  const save = async () => {
    const send = async () => {
      // Types are in capitals, and are typed as one likes.
      const asked = { ...fields, type: fields.type.toUpperCase() }
      if (!asked.name || !asked.type) throw new Error("It needs a name and a type.")
      await (resource ? client.updateResource(resource.id, asked) : client.createResource(asked))
    }
    if (await change.run(send, `${fields.name} was ${resource ? "changed" : "made"}`)) onDone()
  }

  return (
    <FormDrawer
      title={resource ? `Edit ${resource.name}` : "Create a resource"}
      about="Something of which there is a limited number on a day."
      submit={resource ? "Save" : "Create"}
      change={change}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <Field label="Name">{(field) => <Input {...field} {...text("name")} aria-required />}</Field>
      <Field label="Type" hint="As VEHICLE, TOUR or GUIDE.">
        {(field) => <Input {...field} {...text("type")} className="uppercase" aria-required />}
      </Field>
      <Field label="Description">
        {(field) => (
          <Textarea
            {...field}
            value={fields.description}
            onChange={({ target }) => set({ description: target.value })}
          />
        )}
      </Field>
      <Field label="Time zone" hint="Whose days these are. The shop's own unless it is given.">
        {(field) => <Input {...field} {...text("timezone")} placeholder="Australia/Brisbane" />}
      </Field>
      <Tick
        label="Can be booked"
        checked={fields.is_active}
        onChange={(is_active) => set({ is_active })}
      />
    </FormDrawer>
  )
}
