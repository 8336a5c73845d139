import { Button } from "@medusajs/ui"

export const LoadMore = ({ loadMore }: { loadMore?: () => void }) =>
  loadMore ? (
    <div className="flex justify-center px-6 py-4">
      <Button size="small" variant="secondary" onClick={loadMore}>
        Load more
      </Button>
    </div>
  ) : null
