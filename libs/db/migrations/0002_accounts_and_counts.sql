CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"max_pending_pins" bigint,
	"max_pinned_bytes" bigint,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pin_count_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "pin_count_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text NOT NULL,
	"api" text NOT NULL,
	"state" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"pins" bigint NOT NULL,
	"car_bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pin_counts" (
	"account" text NOT NULL,
	"api" text NOT NULL,
	"state" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"pins" bigint NOT NULL,
	"car_bytes" bigint NOT NULL,
	CONSTRAINT "pin_counts_account_api_state_hour_pk" PRIMARY KEY("account","api","state","hour")
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "tokens_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
ALTER TABLE "pins" ADD COLUMN "car_bytes" bigint;--> statement-breakpoint
ALTER TABLE "pins" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
UPDATE "pins" SET "car_bytes" = "contents"."car_bytes" FROM "contents"
  WHERE "contents"."cid" = "pins"."cid" AND "contents"."state" = 'pinned';--> statement-breakpoint
INSERT INTO "pin_counts" ("account", "api", "state", "hour", "pins", "car_bytes")
  SELECT "account", "api", "state", date_trunc('hour', "created_at", 'UTC'), count(*), coalesce(sum("car_bytes"), 0)
  FROM "pins" GROUP BY 1, 2, 3, 4;--> statement-breakpoint
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_account_accounts_id_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "pin_count_changes_account" ON "pin_count_changes" USING btree ("account","api");--> statement-breakpoint
CREATE INDEX "tokens_account" ON "tokens" USING btree ("account");--> statement-breakpoint
CREATE INDEX "contents_queued" ON "contents" USING btree ("queued_at") WHERE "contents"."state" = 'queued';--> statement-breakpoint
CREATE UNIQUE INDEX "pins_psa_created" ON "pins" USING btree ("account","created_at") WHERE "pins"."api" = 'psa';--> statement-breakpoint
CREATE INDEX "pins_psa_by_state" ON "pins" USING btree ("account","state","created_at") WHERE "pins"."api" = 'psa';--> statement-breakpoint
CREATE INDEX "pins_psa_by_name" ON "pins" USING btree ("account","name","created_at") WHERE "pins"."api" = 'psa';--> statement-breakpoint
CREATE INDEX "pins_psa_name_part" ON "pins" USING gin (lower("name") gin_trgm_ops) WHERE "pins"."api" = 'psa' and "pins"."name" <> '';--> statement-breakpoint
CREATE INDEX "pins_psa_meta" ON "pins" USING gin ("meta" jsonb_path_ops) WHERE "pins"."api" = 'psa' and "pins"."meta" <> '{}';--> statement-breakpoint
CREATE UNIQUE INDEX "pins_idempotency" ON "pins" USING btree ("account","idempotency_key") WHERE "pins"."idempotency_key" is not null;--> statement-breakpoint
CREATE OR REPLACE FUNCTION "copy_state_to_pins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "pins" SET
    "state" = NEW."state",
    "car_bytes" = CASE WHEN NEW."state" = 'pinned' THEN NEW."car_bytes" END
  WHERE "cid" = NEW."cid";
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION "count_inserted_pins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "pin_count_changes" ("account", "api", "state", "hour", "pins", "car_bytes")
    SELECT "account", "api", "state", date_trunc('hour', "created_at", 'UTC'), count(*), coalesce(sum("car_bytes"), 0)
    FROM "new_pins" GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION "count_deleted_pins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "pin_count_changes" ("account", "api", "state", "hour", "pins", "car_bytes")
    SELECT "account", "api", "state", date_trunc('hour', "created_at", 'UTC'), -count(*), -coalesce(sum("car_bytes"), 0)
    FROM "old_pins" GROUP BY 1, 2, 3, 4;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION "count_updated_pins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "pin_count_changes" ("account", "api", "state", "hour", "pins", "car_bytes")
    SELECT "account", "api", "state", "hour", sum("pins"), sum("bytes") FROM (
      SELECT "account", "api", "state", date_trunc('hour', "created_at", 'UTC') AS "hour", 1 AS "pins", coalesce("car_bytes", 0) AS "bytes"
      FROM "new_pins"
      UNION ALL
      SELECT "account", "api", "state", date_trunc('hour', "created_at", 'UTC'), -1, -coalesce("car_bytes", 0)
      FROM "old_pins"
    ) AS "changed" GROUP BY 1, 2, 3, 4 HAVING sum("pins") <> 0 OR sum("bytes") <> 0;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "pins_count_inserted" AFTER INSERT ON "pins"
  REFERENCING NEW TABLE AS "new_pins" FOR EACH STATEMENT EXECUTE FUNCTION "count_inserted_pins"();--> statement-breakpoint
CREATE TRIGGER "pins_count_deleted" AFTER DELETE ON "pins"
  REFERENCING OLD TABLE AS "old_pins" FOR EACH STATEMENT EXECUTE FUNCTION "count_deleted_pins"();--> statement-breakpoint
CREATE TRIGGER "pins_count_updated" AFTER UPDATE ON "pins"
  REFERENCING OLD TABLE AS "old_pins" NEW TABLE AS "new_pins" FOR EACH STATEMENT EXECUTE FUNCTION "count_updated_pins"();
