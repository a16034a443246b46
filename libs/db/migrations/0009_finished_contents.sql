ALTER TABLE "contents" ADD COLUMN "trace_id" text;--> statement-breakpoint
CREATE INDEX "contents_finished" ON "contents" USING btree ("changed_at") WHERE "contents"."state" in ('pinned', 'failed');