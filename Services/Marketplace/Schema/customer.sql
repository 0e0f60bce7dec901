-- Who takes part, and what they paid. Statements are separated by a line that holds nothing but a semicolon.
CREATE TABLE IF NOT EXISTS seller (
  id            BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name          VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE,
  password_hash VARCHAR(200) CHARACTER SET ascii NOT NULL,
  thumbs_up     INT NOT NULL DEFAULT 0,
  thumbs_down   INT NOT NULL DEFAULT 0,
  items_sold    BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB
;
CREATE TABLE IF NOT EXISTS buyer (
  id              BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name            VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE,
  password_hash   VARCHAR(200) CHARACTER SET ascii NOT NULL,
  items_purchased BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB
;
CREATE TABLE IF NOT EXISTS saved_cart (
  buyer_id BIGINT NOT NULL,
  serial   BIGINT NOT NULL,
  category INT NOT NULL,
  quantity INT NOT NULL,
  PRIMARY KEY (buyer_id, serial)
) ENGINE = InnoDB
;
-- The card processor's ledger. One row per purchase: a second charge for it cannot exist.
CREATE TABLE IF NOT EXISTS payment (
  buyer_id    BIGINT NOT NULL,
  request_id  BIGINT NOT NULL,
  outcome     VARCHAR(10) CHARACTER SET ascii NOT NULL,
  amount      DECIMAL(20, 2) NOT NULL,
  card_digits CHAR(4) CHARACTER SET ascii NOT NULL,
  PRIMARY KEY (buyer_id, request_id)
) ENGINE = InnoDB
;
