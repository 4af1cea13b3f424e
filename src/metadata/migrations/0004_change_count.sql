-- One row: how many transactions have changed what people can see or a scheduler has to act on; see
-- metadata/database.h.
CREATE TABLE change_count (
  number BIGINT NOT NULL
);
INSERT INTO change_count (number) VALUES (0);
