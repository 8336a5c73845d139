import { Input } from "@medusajs/ui"
import { useEffect, useState } from "react"
import { Field } from "./field"

type SearchFieldProps = { label: string; placeholder: string; onSearch: (text: string) => void }

const PAUSE_MS = 300

/** Searches when the typing pauses. */
export function SearchField({ label, placeholder, onSearch }: SearchFieldProps) {
  const [text, setText] = useState("")
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <Field label={label}>
      {(field) => (
        <Input
          {...field}
          size="small"
          placeholder={placeholder}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      )}
    </Field>
  )
}
