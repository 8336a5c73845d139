import { authenticate, defineMiddlewares } from "@medusajs/framework/http"

// Medusa itself asks for a publishable key on /store and for an admin on /admin.
export default defineMiddlewares({
  routes: [
    {
      matcher: "/store/resource-booking*",
      middlewares: [
        authenticate("customer", ["session", "bearer"], { allowUnauthenticated: true }),
      ],
    },
  ],
})
