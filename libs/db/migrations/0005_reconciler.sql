ALTER TABLE "contents" ADD COLUMN "bridged_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "contents_running" ON "contents" USING btree ("state","changed_at") WHERE "contents"."state" in ('queued', 'pinning');--> statement-breakpoint
CREATE INDEX "contents_not_bridged" ON "contents" USING btree ("changed_at") WHERE "contents"."state" = 'pinned' and "contents"."bridged_at" is null;--> statement-breakpoint
CREATE INDEX "contents_car_key" ON "contents" USING btree ("car_key" collate "C") WHERE "contents"."car_key" is not null;