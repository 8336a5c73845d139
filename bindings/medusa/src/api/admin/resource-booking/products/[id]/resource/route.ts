import { getLink, removeLink, setLink } from "../../../../../links"

export const GET = getLink("product")
export const POST = setLink("product")
export const DELETE = removeLink("product")
