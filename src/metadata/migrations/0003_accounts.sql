-- Who may sign in to the server. Hashes are PHC strings ($scrypt$...).
CREATE TABLE account (
  username TEXT NOT NULL PRIMARY KEY,
  password_hash TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL
);
