export type SeedItem = {
  type: "VEHICLE" | "TOUR" | "GUIDE"
  name: string
  description: string
  /** Places on each day. */
  places: number
  /** Per place, in AUD, for however many days. */
  price: number
}

/** A shop that rents four-wheel drives and sells tours and guides. */
export const SEED: SeedItem[] = [
  {
    type: "VEHICLE",
    name: "LandCruiser 79",
    description: "Dual cab, winch, two spare wheels",
    places: 4,
    price: 245,
  },
  {
    type: "VEHICLE",
    name: "Patrol Y62",
    description: "Seven seats, long-range tank",
    places: 3,
    price: 210,
  },
  {
    type: "VEHICLE",
    name: "Jimny",
    description: "Short, light, goes where others turn round",
    places: 6,
    price: 120,
  },
  {
    type: "TOUR",
    name: "K'gari beaches",
    description: "A day along the seventy-five mile beach",
    places: 12,
    price: 189,
  },
  { type: "TOUR", name: "Simpson Desert", description: "Big Red and back", places: 8, price: 320 },
  {
    type: "GUIDE",
    name: "Recovery guide",
    description: "Comes along, and gets you out again",
    places: 2,
    price: 400,
  },
  {
    type: "GUIDE",
    name: "Birdwatching guide",
    description: "Knows where the finches drink",
    places: 1,
    price: 280,
  },
]
