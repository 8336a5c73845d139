import { getLink, removeLink, setLink } from "../../../../../links"

export const GET = getLink("variant")
export const POST = setLink("variant")
export const DELETE = removeLink("variant")
