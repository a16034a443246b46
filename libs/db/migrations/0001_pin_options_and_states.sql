ALTER TABLE "contents" ADD COLUMN "car_deletion_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "pins" ADD COLUMN "options" jsonb;--> statement-breakpoint
ALTER TABLE "pins" ADD COLUMN "state" text;--> statement-breakpoint
UPDATE "pins" SET "state" = "contents"."state" FROM "contents" WHERE "contents"."cid" = "pins"."cid";--> statement-breakpoint
ALTER TABLE "pins" ALTER COLUMN "state" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "pins" ADD COLUMN "expires_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "contents_unpinned_cars" ON "contents" USING btree ("changed_at") WHERE "contents"."state" = 'unpinned' and "contents"."car_key" is not null;--> statement-breakpoint
CREATE INDEX "pins_expiring" ON "pins" USING btree ("expires_at") WHERE "pins"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "pins_cluster_by_state" ON "pins" USING btree ("account","state","cid") WHERE "pins"."api" = 'cluster';--> statement-breakpoint
CREATE FUNCTION "copy_state_to_pins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "pins" SET "state" = NEW."state" WHERE "cid" = NEW."cid";
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "contents_state_to_pins" AFTER UPDATE OF "state" ON "contents" FOR EACH ROW
  WHEN (OLD."state" IS DISTINCT FROM NEW."state") EXECUTE FUNCTION "copy_state_to_pins"();
