import { Hint, Label } from "@medusajs/ui"
import { useId, type ReactNode } from "react"

type FieldProps = {
  label: string
  hint?: string
  children: (props: { id: string; "aria-describedby"?: string }) => ReactNode
}

/** A control with its name, and what helps to fill it in. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  const hintId = `${id}-hint`
  return (
    <div className="flex flex-col gap-y-1">
      <Label size="small" weight="plus" htmlFor={id}>
        {label}
      </Label>
      {children({ id, ...(hint ? { "aria-describedby": hintId } : {}) })}
      {hint && <Hint id={hintId}>{hint}</Hint>}
    </div>
  )
}
