import { AbstractPaymentProvider } from "@medusajs/framework/utils"

/**
 * A provider that takes the money behind the shop's back and says so in a message later, as those
 * with redirects and bank transfers do.
 */
export default class TestPayment extends AbstractPaymentProvider {
  static identifier = "late"

  // Medusa's own is protected.
  constructor(container: any, options: any) {
    super(container, options)
  }

  async initiatePayment(input: any): Promise<any> {
    const id = input.data?.session_id ?? input.context?.idempotency_key ?? `pay_${Math.random()}`
    return { id, data: { ...input.data, id, amount: input.amount } }
  }
  async authorizePayment(input: any): Promise<any> {
    return { status: "authorized", data: input.data }
  }
  async capturePayment(input: any): Promise<any> {
    return { data: input.data }
  }
  async getPaymentStatus(): Promise<any> {
    return { status: "authorized" }
  }
  async retrievePayment(input: any): Promise<any> {
    return { data: input.data }
  }
  async updatePayment(input: any): Promise<any> {
    return { data: input.data }
  }
  async cancelPayment(input: any): Promise<any> {
    return { data: input.data }
  }
  async deletePayment(input: any): Promise<any> {
    return { data: input.data }
  }
  async refundPayment(input: any): Promise<any> {
    return { data: input.data }
  }
  /** `{ session_id, amount }`: the money of this session has been taken. */
  async getWebhookActionAndData({ data }: any): Promise<any> {
    return { action: "captured", data: { session_id: data.session_id, amount: data.amount } }
  }
}
