SELECT h.status, a.id AS allocation_id, a.order_id, a.line_item_id
FROM holdfast.resource_holds h LEFT JOIN holdfast.resource_allocations a
  ON a.resource_id = h.resource_id AND a.hold_id = h.id AND a.hold_id <> ''
WHERE h.resource_id = $1 AND h.id = $2 AND h.holder = $3
