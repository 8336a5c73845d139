import { defineConfig } from "@medusajs/framework/utils"

const { DATABASE_URL, SHOP_CACHING, SHOP_BOOKING = "{}", SHOP_ADMIN, SHOP_STOREFRONT } = process.env

module.exports = defineConfig({
  admin: { disable: SHOP_ADMIN !== "on" },
  projectConfig: {
    databaseUrl: DATABASE_URL,
    // Without TLS in front, a production session's cookie would never be set.
    cookieOptions: { secure: false, sameSite: "lax" },
    http: {
      storeCors: SHOP_STOREFRONT ?? "http://storefront.test",
      adminCors: "http://admin.test",
      authCors: "http://admin.test",
      jwtSecret: "jwt-secret",
      cookieSecret: "cookie-secret",
    },
  },
  plugins: [{ resolve: "medusa-plugin-holdfast", options: JSON.parse(SHOP_BOOKING) }],
  modules: [
    {
      resolve: "@medusajs/medusa/payment",
      options: {
        providers: [{ resolve: "./src/modules/test-payment", id: "test" }],
      },
    },
    ...(SHOP_CACHING === "on"
      ? [{ resolve: "@medusajs/medusa/caching", options: { in_memory: { enable: true } } }]
      : []),
  ],
})
