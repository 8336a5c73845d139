import { Button, Drawer } from "@medusajs/ui"
import type { FormEvent, ReactNode } from "react"
import type { Change } from "../lib/use-change"
import { DrawerHead } from "./drawer-head"
import { Refused } from "./refused"
import { Side } from "./side"

type FormDrawerProps = {
  title: string
  about: string
  submit: string
  change: Change
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

/** A form at the side of the page. */
export function FormDrawer(props: FormDrawerProps) {
  const { title, about, submit, change, onSubmit, onClose, children } = props
  const send = (event: FormEvent) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <Side onClose={onClose}>
      <form onSubmit={send} className="flex flex-1 flex-col overflow-hidden">
        <DrawerHead title={title} about={about} />
        <Drawer.Body className="flex flex-col gap-y-4 overflow-y-auto">
          {children}
          <Refused error={change.error} />
        </Drawer.Body>
        <Drawer.Footer>
          <Button type="button" variant="secondary" onClick={onClose}>
            Back
          </Button>
          <Button type="submit" isLoading={change.isBusy}>
            {submit}
          </Button>
        </Drawer.Footer>
      </form>
    </Side>
  )
}
