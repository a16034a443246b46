DROP INDEX "pins_psa_by_name";--> statement-breakpoint
ALTER TABLE "pin_counts" ADD COLUMN "changes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "pins_psa_by_name" ON "pins" USING btree ("account",lower("name"),"created_at","state","name") WHERE "pins"."api" = 'psa';