type Page<T> = { items: T[]; next: string | undefined }

/** All there is, page after page. */
export async function everyPage<T>(ask: (after?: string) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = []
  let after: string | undefined
  do {
    const page = await ask(after)
    all.push(...page.items)
    after = page.next
  } while (after)
  return all
}
