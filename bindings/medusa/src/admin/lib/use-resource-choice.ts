import { useSearchParams } from "react-router-dom"

/** The resource that a page is about, in its address: to be linked to, and there after a reload. */
export function useResourceChoice(): [string, (id: string) => void] {
  const [search, setSearch] = useSearchParams()
  const choose = (id: string) =>
    setSearch((before) => {
      const after = new URLSearchParams(before)
      if (id) after.set("resource_id", id)
      else after.delete("resource_id")
      return after
    })
  return [search.get("resource_id") ?? "", choose]
}
