import {
  createStep,
  createWorkflow,
  transform,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import * as plugin from "medusa-plugin-holdfast/workflows"

type Input = { given: any; fail?: boolean }

const failStep = createStep("test-fail", async (fail: boolean) => {
  if (fail) throw new Error("a later step fails")
})

/** A workflow of the shop's own: one of the plugin's, and then a step that may fail. */
const thenFail = (name: string, workflow: any) =>
  createWorkflow(`test-${name}`, (input: Input) => {
    const result = workflow.runAsStep({ input: transform(input, ({ given }) => given) })
    failStep(transform(input, ({ fail }) => fail === true))
    return new WorkflowResponse(result)
  })

const exported = Object.entries(plugin).filter(([name]) => name.endsWith("Workflow"))

/** By name, each workflow that the plugin exports. */
export const workflows = new Map(
  exported.map(([name, workflow]) => [name, thenFail(name, workflow)] as const),
)
