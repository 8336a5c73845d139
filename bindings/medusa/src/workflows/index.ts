export { addBookingToCartWorkflow } from "./add-booking-to-cart"
export { cancelBookingsWorkflow } from "./cancel-bookings"
export { confirmHoldsWorkflow } from "./confirm-holds"
export { createHoldWorkflow, createHoldsWorkflow } from "./create-hold"
export { moveHoldWorkflow } from "./move-hold"
export { releaseHoldsWorkflow } from "./release-holds"
// For hooks of one's own, where the plugin's are switched off.
export { addLines, changeLine, coverCart, settleCart, takeBack } from "../checkout/cart"
export { cancelOrder, confirmOrder, reopenCart, validateCart } from "../checkout/complete"
