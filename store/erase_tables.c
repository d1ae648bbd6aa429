/*
 * erase_tables.c - every table of the schema, and what erasing a person does to it.
 *
 * A table that is not here fails a test: whoever adds one says here whether persons are in it, and
 * erase.c or erase_rows.c takes them out.
 */
#include "store/store_internal.h"

static const struct erase_table tables[] = {
    {"posts", ERASE_EMPTIED,
	"post_no,id,feed,source,author_no,subject,event_at_ms,created_at_ms,fetched_at_ms,text,"
	"text_hash,lang,label,score_milli,brands,likes,replies,reposts,inert,rules_version,"
	"revision,is_deleted,is_expired,post_json,score_json,is_complaint,repost_of,behind_ms"},
    {"post_customers", ERASE_DELETED, NULL},
    {"authors", ERASE_DELETED, NULL},
    {"author_standing", ERASE_DELETED, NULL},
    {"topic_standing", ERASE_DELETED, NULL},
    {"topics", ERASE_EMPTIED, "topic,members,updated_at_ms"},
    {"item_authors", ERASE_DELETED, NULL},
    {"items", ERASE_EMPTIED, "item_no,name,first_at_ms,last_at_ms,authors,credited_authors,state"},
    {"customers", ERASE_DELETED, NULL},
    {"customer_attributes", ERASE_DELETED, NULL},
    {"customer_metrics", ERASE_DELETED, NULL},
    {"customer_days", ERASE_DELETED, NULL},
    {"customer_history", ERASE_DELETED, NULL},
    {"endpoints", ERASE_DELETED, NULL},
    {"consents", ERASE_DELETED, NULL},
    {"events", ERASE_DELETED, NULL},
    {"tags", ERASE_DELETED, NULL},
    {"list_members", ERASE_DELETED, NULL},
    {"links", ERASE_DELETED, NULL},
    {"link_suggestions", ERASE_DELETED, NULL},
    {"link_codes", ERASE_DELETED, NULL},
    {"link_tries", ERASE_DELETED, NULL},
    {"segment_members", ERASE_DELETED, NULL},
    {"segment_queue", ERASE_DELETED, NULL},
    {"segments", ERASE_EMPTIED,
	"id,content_hash,members,is_imported,is_gone,live_at_ms,updated_at_ms,judged_to,judged,to_"
	"judge"},
    {"subject_joins", ERASE_DELETED, NULL},
    {"spell_subjects", ERASE_DELETED, NULL},
    {"spell_counts", ERASE_DELETED, NULL},
    {"subject_spells", ERASE_DELETED, NULL},
    {"rule_state", ERASE_DELETED, NULL},
    {"rule_times", ERASE_DELETED, NULL},
    {"timers", ERASE_DELETED, NULL},
    {"watch_hits", ERASE_EMPTIED, "watch_id,at_ms,post_no,author"},
    {"decisions", ERASE_EMPTIED,
	"decision_no,id,rule_id,rules_version,occurrence_kind,occurrence_id,post_no,subject,action,"
	"verb,outcome,reason,note,at_ms,event_at_ms"},
    {"outbox", ERASE_EMPTIED,
	"message_no,id,kind,decision_id,alert_no,channel,address,purpose,customer_id,endpoint_id,"
	"template,parts,reply_handle,offer,offer_code,team,state,hold,reason,attempts,next_at_ms,"
	"claimed_at_ms,expires_at_ms,provider_id,is_repeat,created_at_ms,updated_at_ms,hours,"
	"not_before_ms,counts_day,cost_milli"},
    {"offer_codes", ERASE_EMPTIED, "offer,code,person,decision_id,taken_at_ms"},
    {"alerts", ERASE_EMPTIED,
	"alert_no,queue,group_key,severity,state,title,rule_id,reason,post_id,count,opened_at_ms,"
	"last_at_ms,notices,repeat_at_ms,changed_by,changed_at_ms,change_note"},
    {"alert_posts", ERASE_DELETED, NULL},
    {"rejects", ERASE_DELETED, NULL},
    {"idempotency", ERASE_DELETED, NULL},
    {"erasures", ERASE_NOBODY, "hash,at_ms"},
    {"audit", ERASE_NOBODY, "audit_no,at_ms,who,what"},
    {"meta", ERASE_NOBODY, "key,value"},
    {"rules_versions", ERASE_NOBODY,
	"version,applied_at_ms,author,reason,content_hash,bundle,stage_no"},
    {"rules_parts", ERASE_NOBODY, "stage_no,part,bytes"},
    {"rule_id_states", ERASE_NOBODY, "id,stage_no,first_version,last_version"},
    {"sources", ERASE_NOBODY, "name,cursor,has_fetched,posts,last_post_at_ms"},
    {"streams", ERASE_NOBODY, "name,newest_at_ms"},
    {"watch_base", ERASE_NOBODY, "watch_id,minute,count"},
    {"watch_state", ERASE_NOBODY, "watch_id,state,updated_at_ms"},
    {"incidents", ERASE_NOBODY,
	"incident_no,watch_id,rules_version,started_at_ms,ended_at_ms,reason,end_reason,peak"},
    {"pauses", ERASE_NOBODY, "what,cause,reason,at_ms,until_ms"},
};
_Static_assert(sizeof tables / sizeof *tables <= ERASE_TABLES_MAX, "a place for each count");

const struct erase_table *
erase_tables(size_t *count_r)
{
	*count_r = sizeof tables / sizeof *tables;
	return tables;
}
