import { ModuleProvider, Modules } from "@medusajs/framework/utils"
import TestPayment from "./service"

export default ModuleProvider(Modules.PAYMENT, { services: [TestPayment] })
