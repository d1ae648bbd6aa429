#include "core/decision.h"

#include <assert.h>

const char *
action_verb_name(enum action_verb v)
{
	switch (v) {
	case ACTION_SEND: return "send";
	case ACTION_DRAFT_REPLY: return "draft reply";
	case ACTION_ALERT: return "alert";
	case ACTION_TAG: return "tag";
	case ACTION_SET: return "set";
	case ACTION_ADD_TO_LIST: return "add to list";
	case ACTION_PAUSE_PROMOTIONS: return "pause promotions";
	case ACTION_SUGGEST_LINK: return "suggest link";
	}
	assert(0 && "an action_verb without a name");
	return "unknown";
}

const char *
severity_name(enum severity s)
{
	switch (s) {
	case SEVERITY_LOW: return "low";
	case SEVERITY_NORMAL: return "normal";
	case SEVERITY_HIGH: return "high";
	case SEVERITY_CRITICAL: return "critical";
	}
	assert(0 && "a severity without a name");
	return "unknown";
}

const char *
cap_period_name(enum cap_period p)
{
	switch (p) {
	case CAP_TOTAL: return "in total";
	case CAP_HOUR: return "per hour";
	case CAP_DAY: return "per day";
	case CAP_WEEK: return "per week";
	case CAP_MONTH: return "per month";
	}
	assert(0 && "a cap_period without a name");
	return "unknown";
}
