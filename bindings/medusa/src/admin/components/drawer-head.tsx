import { XMark } from "@medusajs/icons"
import { Drawer, IconButton } from "@medusajs/ui"

type DrawerHeadProps = { title: string; about: string }

/** In place of the kit's own, whose button to close has no name. */
export const DrawerHead = ({ title, about }: DrawerHeadProps) => (
  <div className="border-ui-border-base flex items-start justify-between gap-4 border-b px-6 py-4">
    <div className="flex flex-col gap-y-1">
      <Drawer.Title className="h1-core">{title}</Drawer.Title>
      <Drawer.Description className="text-ui-fg-subtle txt-small">{about}</Drawer.Description>
    </div>
    <Drawer.Close asChild>
      <IconButton type="button" size="small" variant="transparent" aria-label="Close">
        <XMark />
      </IconButton>
    </Drawer.Close>
  </div>
)
