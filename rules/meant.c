#include "rules/meant_internal.h"

#include <string.h>

#include "rules/fields_internal.h"

struct slip {
	const char *words; /* separated by blanks */
	const char *help;
};

static const char *
look_up(const struct slip *slips, size_t n, struct slice word)
{
	for (size_t i = 0; i < n; i++) {
		struct slice rest = slice_of(slips[i].words);

		while (slice_is_set(rest))
			if (slice_eq_nocase(slice_split(&rest, ' '), word))
				return slips[i].help;
	}
	return NULL;
}

#define LOOK_UP(slips, word) look_up(slips, sizeof(slips) / sizeof *(slips), word)

const char *
meant_field(struct slice word)
{
	static const struct slip slips[] = {
	    {"influencer influence influencers influential",
		"write 'author.influence is at least 70'"},
	    {"reach", "write 'author.followers is at least 10k'"},
	    {"hashtag hashtags tag tags", "write 'post.tag is \"#acmelaunch\"'"},
	    {"keyword keywords word words message content title body",
		"write 'text contains \"late\"'"},
	    {"mention mentions", "write 'post.mention is \"@acmecoffee\"'"},
	    {"negative positive neutral label",
		"write 'sentiment.label is negative', or 'sentiment is below -0.4'"},
	    {"feeling mood tone score", "write 'sentiment is below -0.4'"},
	    {"platform network channel", "write 'post.source is mastodon'"},
	    {"location city", "write 'post.place contains \"Berlin\"'"},
	    {"user account person sender writer",
		"the author's fields begin with 'author.', as in 'author.followers is at least "
		"10k'"},
	    {"buyer client member",
		"the customer's fields begin with 'customer.', as in 'customer.plan is \"gold\"'"},
	    {"topic subject", "write 'text contains any of \"late\", \"slow\"'"},
	    {"complaint question praise churn", "write 'intent is complaint'"},
	    {"weekday day date hour month clock today time",
		"times begin with 'time.', as in 'time.hour is between 9 and 17'"},
	    {"the a an it they this",
		"a condition begins with a field: 'author is verified', "
		"'sentiment is below -0.4'"},
	};

	return LOOK_UP(slips, word);
}

const char *
meant_action(struct slice word)
{
	static const struct slip slips[] = {
	    {"email mail message sms push dm write contact",
		"write: send \"we-are-sorry\" by email to customer"},
	    {"notify warn inform tell escalate ping", "write: alert \"support\" as high"},
	    {"reply respond answer comment",
		"write: draft reply \"thank-you\" for approval by "
		"\"social team\""},
	    {"discount coupon voucher offer give",
		"write: send \"we-are-sorry\" by email to customer with offer ten-percent"},
	    {"label mark flag", "write: tag author \"advocate\""},
	    {"untag remove delete unset clear",
		"a rule takes nothing away: a tag ends by itself with 'for 90 days', and 'set' "
		"writes over what there was"},
	    {"increase increment count decrease",
		"what customers do is counted already: customer.complaints_30d, "
		"customer.events_7d"},
	    {"create open ticket raise case", "write: alert \"support\" as high"},
	    {"put list", "write: add author to list staff"},
	    {"change update", "write: set customer \"care_priority\" to \"high\""},
	    {"ignore block skip",
		"what should not happen is said in 'when', with 'not' before the condition"},
	    {"if when", "actions have no conditions of their own: write a second rule"},
	};

	return LOOK_UP(slips, word);
}

const char *
meant_clause(struct slice word)
{
	static const struct slip slips[] = {
	    {"disabled disable inactive deactivated paused stopped", "write 'off'"},
	    {"enabled enable active on live", "leave it out: a rule is on unless it says 'off'"},
	    {"test testing dry dry-run simulate",
		"write 'shadow': it is recorded and nothing is "
		"done"},
	    {"prio importance weight", "write 'priority 10'"},
	    {"else otherwise elseif",
		"there is no 'else': write a second rule with 'not' before "
		"the condition"},
	    {"if where condition conditions", "write 'when'"},
	    {"do action actions", "write 'then', the actions one on a line, and 'end'"},
	    {"start starts starting begin valid active-from",
		"write 'from 2026-12-01 09:00 until 2026-12-03 18:00 in Europe/Berlin'"},
	    {"name title", "the title stands behind the id: rule late-delivery \"Late delivery\""},
	    {"note comment info", "write 'description \"...\"', or a line that begins with '#'"},
	    {"delay wait",
		"write 'unless answered within 2 hours' for what waits; nothing else "
		"does"},
	    {"example", "write: fires on \"Acme lost my parcel\""},
	    {"include", "write 'include reposts'"},
	};

	return LOOK_UP(slips, word);
}

const char *
meant_rest(struct slice word)
{
	static const struct slip slips[] = {
	    {"k thousand", "write it without a blank, as in 10k"},
	    {"m million mio", "write it without a blank, as in 2M"},
	    {"but except unless without",
		"put the other condition on a line of its own inside "
		"'all of' ... 'end', with 'not' before it"},
	    {"then", "'then' begins a line of its own"},
	    {"percent", "write 80%"},
	    {"forever always", "leave it out: without 'for' a tag stays for good"},
	    {"is", "one line asks one thing: 'author is a bot' or 'author is not a bot'"},
	    {"called", "'called' begins a line of its own"},
	    {"eur euro euros usd gbp dollar dollars pounds cents",
		"write the number alone, without the currency"},
	    {"after",
		"what a rule sends goes out at once, or when its hours allow; a rule waits "
		"with 'unless answered within 2 hours'"},
	};

	return LOOK_UP(slips, word);
}

const char *
meant_sign(struct slice sign)
{
	static const struct slip slips[] = {
	    {"- * + \xe2\x80\xa2 \xe2\x80\x93", "leave it out: every line is a condition already"},
	    {"/ // -- ;", "a comment begins with '#'"},
	    {"( ) [ ] { }",
		"leave it out: 'all of' ... 'end' and 'any of' ... 'end' take the "
		"place of brackets"},
	    {"! \xc2\xac", "write 'not' before the condition"},
	    {"& && | ||", "write 'all of' or 'any of', the conditions one on a line, and 'end'"},
	};

	return LOOK_UP(slips, sign);
}

const char *
meant_rest_sign(struct slice sign)
{
	static const struct slip slips[] = {
	    {"%", "write it right behind the number, as in 40%"},
	    {"& && | ||", "write 'all of' or 'any of', the conditions one on a line, and 'end'"},
	    {"/ ^ ~", "there are no patterns: write the words to look for between double quotes"},
	    {"+", "write 'is at least' before the number, without the sign"},
	    {"( ) [ ] { }", "leave it out: values stand without brackets, with commas between"},
	    {"\\", "leave it out: a line goes on behind a comma, all else stands on one line"},
	    {";", "leave it out; values are separated by commas, and a comment begins with '#'"},
	    {"$ \xe2\x82\xac \xc2\xa3", "write the number alone, without the currency"},
	};
	const char *help = LOOK_UP(slips, sign);

	return help != NULL ? help : "leave it out; a comment begins with '#'";
}

/* ---- values ---- */

static const char *
meant_month(struct slice value)
{
	static const struct slip slips[] = {{"january jan", "write 1"}, {"february feb", "write 2"},
	    {"march mar", "write 3"}, {"april apr", "write 4"}, {"may", "write 5"},
	    {"june jun", "write 6"}, {"july jul", "write 7"}, {"august aug", "write 8"},
	    {"september sep sept", "write 9"}, {"october oct", "write 10"},
	    {"november nov", "write 11"}, {"december dec", "write 12"}};

	return LOOK_UP(slips, value);
}

static const char *
meant_weekday(struct slice value)
{
	static const struct slip slips[] = {
	    {"weekend weekends", "write 'is one of saturday, sunday'"},
	    {"weekday weekdays workday workdays",
		"write 'is one of monday, tuesday, wednesday, thursday, friday'"},
	    {"mon mo montag", "write 'monday'"}, {"tue tues di dienstag", "write 'tuesday'"},
	    {"wed mi mittwoch", "write 'wednesday'"},
	    {"thu thur thurs do donnerstag", "write 'thursday'"},
	    {"fri fr freitag", "write 'friday'"}, {"sat sa samstag sonnabend", "write 'saturday'"},
	    {"sun so sonntag", "write 'sunday'"}};

	return LOOK_UP(slips, value);
}

const char *
meant_value(const struct field *f, struct slice value)
{
	const char *part = strrchr(f->name, '.');

	part = part == NULL ? f->name : part + 1;
	if (strcmp(part, "weekday") == 0)
		return meant_weekday(value);
	if (strcmp(part, "month") == 0)
		return meant_month(value);
	if (strcmp(part, "hour") == 0)
		return "hours are numbers from 0 to 23: 9 is from 09:00 to 09:59, 17 begins at 5 "
		       "pm";
	if (strcmp(part, "date") == 0)
		return "write year, month and day between quotes: \"2026-12-24\"";
	if (memchr(value.ptr, ',', value.len) != NULL && f->type == FIELD_CHOICE)
		return "each value stands alone: is one of complaint, support";
	return NULL;
}
