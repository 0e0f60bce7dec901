-- What is for sale, and what was bought. Statements are separated by a line that holds nothing but a semicolon.
CREATE TABLE IF NOT EXISTS item (
  serial      BIGINT NOT NULL PRIMARY KEY,
  category    INT NOT NULL,
  seller_id   BIGINT NOT NULL,
  -- The request that registered it: a retried registration finds its item instead of making another one.
  request_id  BIGINT NOT NULL,
  name        VARCHAR(32) CHARACTER SET utf8mb4 NOT NULL,
  -- Separated by U+001F, which no keyword can contain.
  keywords    VARCHAR(44) CHARACTER SET utf8mb4 NOT NULL,
  is_used     SMALLINT NOT NULL,
  price       DECIMAL(12, 2) NOT NULL,
  quantity    INT NOT NULL,
  -- All units that were ever put up: quantity + sold + reserved = registered, always.
  registered  BIGINT NOT NULL,
  sold        BIGINT NOT NULL DEFAULT 0,
  thumbs_up   INT NOT NULL DEFAULT 0,
  thumbs_down INT NOT NULL DEFAULT 0,
  UNIQUE KEY by_seller (seller_id, request_id)
) ENGINE = InnoDB
;
-- The search index: one row per keyword of an item. A term is a hash of category and keyword.
CREATE TABLE IF NOT EXISTS item_term (
  term   BIGINT NOT NULL,
  serial BIGINT NOT NULL,
  PRIMARY KEY (term, serial)
) ENGINE = InnoDB
;
-- Servers reserve serial numbers in blocks.
CREATE TABLE IF NOT EXISTS serial_block (
  id          TINYINT NOT NULL PRIMARY KEY,
  next_serial BIGINT NOT NULL
) ENGINE = InnoDB
;
INSERT INTO serial_block (id, next_serial) SELECT 1, 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM serial_block)
;
CREATE TABLE IF NOT EXISTS purchase (
  buyer_id   BIGINT NOT NULL,
  request_id BIGINT NOT NULL,
  -- reserved: units are set aside, the payment is open; then paid or declined.
  state      VARCHAR(10) CHARACTER SET ascii NOT NULL,
  amount     DECIMAL(20, 2) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (buyer_id, request_id),
  KEY by_state (state, created_at)
) ENGINE = InnoDB
;
CREATE TABLE IF NOT EXISTS purchase_line (
  buyer_id   BIGINT NOT NULL,
  request_id BIGINT NOT NULL,
  serial     BIGINT NOT NULL,
  category   INT NOT NULL,
  seller_id  BIGINT NOT NULL,
  quantity   INT NOT NULL,
  price      DECIMAL(12, 2) NOT NULL,
  PRIMARY KEY (buyer_id, request_id, serial),
  KEY by_item (buyer_id, serial)
) ENGINE = InnoDB
;
CREATE TABLE IF NOT EXISTS feedback (
  buyer_id   BIGINT NOT NULL,
  serial     BIGINT NOT NULL,
  request_id BIGINT NOT NULL,
  is_up      SMALLINT NOT NULL,
  PRIMARY KEY (buyer_id, serial)
) ENGINE = InnoDB
;
