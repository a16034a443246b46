CREATE TABLE "contents" (
	"cid" text PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure_code" text,
	"failure_message" text,
	"missing_cids" text[],
	"car_cid" text,
	"car_bucket" text,
	"car_key" text,
	"car_bytes" bigint,
	"blocks" bigint,
	"dag_bytes" bigint,
	"verified_at" timestamp (3) with time zone,
	"indexed_at" timestamp (3) with time zone,
	"queued_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "contents_state" CHECK ("contents"."state" in ('queued', 'pinning', 'pinned', 'failed', 'unpinned')),
	CONSTRAINT "contents_pinned_has_receipt" CHECK ("contents"."state" <> 'pinned' or "contents"."car_cid" is not null)
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"consumer" text NOT NULL,
	"event_id" text NOT NULL,
	"handled_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"cid" text NOT NULL,
	"step" text NOT NULL,
	"generation" integer NOT NULL,
	"lease_owner" text NOT NULL,
	"lease_epoch" integer NOT NULL,
	"lease_until" timestamp (3) with time zone NOT NULL,
	"attempts" integer NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"result" jsonb,
	CONSTRAINT "jobs_cid_step_pk" PRIMARY KEY("cid","step")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"trace_context" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"not_before" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"claimed_by" text,
	"claimed_until" timestamp (3) with time zone,
	"failures" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pins" (
	"request_id" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"api" text NOT NULL,
	"cid" text NOT NULL,
	"sent_cid" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"meta" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"origins" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "pins" ADD CONSTRAINT "pins_cid_contents_cid_fk" FOREIGN KEY ("cid") REFERENCES "public"."contents"("cid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("not_before");--> statement-breakpoint
CREATE INDEX "pins_cid" ON "pins" USING btree ("cid");--> statement-breakpoint
CREATE UNIQUE INDEX "pins_one_cluster_pin" ON "pins" USING btree ("account","cid") WHERE "pins"."api" = 'cluster';