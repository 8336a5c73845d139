import { Module } from "@medusajs/framework/utils"
import ResourceBookingService, { RESOURCE_BOOKING } from "./service"

export { RESOURCE_BOOKING }
export default Module(RESOURCE_BOOKING, { service: ResourceBookingService })
