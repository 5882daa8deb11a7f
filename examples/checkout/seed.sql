INSERT INTO products (sku, name, price_cents, stock) VALUES
    ('ESP-250', 'Espresso, 250 g', 890, 40),
    ('FIL-500', 'Filter coffee, 500 g', 1250, 12),
    ('CUP-BLU', 'Cup, blue', 1490, 3),
    ('GRI-ONE', 'Hand grinder', 8900, 1);

-- An order of last year, so that lists are not empty.
INSERT INTO orders (customer, status, shipping_cents, payment, placed_at)
VALUES ('bob', 'paid', 490, 'ch_2025', '2025-12-20T17:30:00Z');
INSERT INTO order_lines (order_id, sku, quantity, price_cents) VALUES (1, 'ESP-250', 4, 850);
