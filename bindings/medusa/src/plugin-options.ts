import { configManager } from "@medusajs/framework/config"
import type { PluginOptions } from "./modules/resource-booking/options"

const NAME = "medusa-plugin-holdfast"
type Listed = string | { resolve: string; options?: PluginOptions }

const isThis = (resolve: string) => resolve === NAME || resolve === packageFolder()

/** Where this package is installed, for shops that name it by its path. */
function packageFolder(): string {
  return require.resolve(`${NAME}/package.json`).replace(/[\\/]package\.json$/, "")
}

/** The plugin's options as files need them that Medusa loads before there is a container. */
export function pluginOptions(): PluginOptions {
  const listed = (configManager.config.plugins ?? []) as Listed[]
  const own = listed.find((p) => isThis(typeof p === "string" ? p : p.resolve))
  return (typeof own === "object" && own.options) || {}
}

/** Whether the plugin's handler of a hook is wanted: a hook takes one handler in a process. */
export const wantsHook = (name: string) => pluginOptions().hooks?.[name] !== false
