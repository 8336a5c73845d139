import { Checkbox, Label } from "@medusajs/ui"
import { useId } from "react"

type TickProps = { label: string; checked: boolean; onChange: (checked: boolean) => void }

export function Tick({ label, checked, onChange }: TickProps) {
  const id = useId()
  return (
    <div className="flex items-center gap-x-2">
      <Checkbox id={id} checked={checked} onCheckedChange={(now) => onChange(now === true)} />
      <Label size="small" htmlFor={id}>
        {label}
      </Label>
    </div>
  )
}
