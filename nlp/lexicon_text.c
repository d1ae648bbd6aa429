/*
 * lexicon_text.c - the file of a lexicon: reading it line by line, and printing it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/lexicon.h"
#include "nlp/lexicon_internal.h"

/* ---- numbers ---------------------------------------------------------------- */

bool
lexicon_parse_weight(struct slice s, int32_t max_milli, int32_t *milli_r)
{
	bool is_negative = s.len > 0 && s.ptr[0] == '-';
	size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
	int64_t value = 0;
	int decimals = -1;
	size_t digits = 0;
	for (; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9' || decimals == 3 || ++digits > 9)
			return false;
		value = value * 10 + (c - '0');
		decimals += decimals >= 0;
	}
	for (int k = decimals < 0 ? 0 : decimals; k < 3; k++)
		value *= 10;
	if (digits == 0 || value > max_milli)
		return false;
	*milli_r = (int32_t)(is_negative ? -value : value);
	return true;
}

static void
print_milli(struct buf *out, int32_t milli)
{
	uint32_t size = milli < 0 ? (uint32_t)-milli : (uint32_t)milli;
	char text[16];
	int n = snprintf(text, sizeof text, "%s%" PRIu32 ".%03" PRIu32, milli < 0 ? "-" : "",
	    size / 1000, size % 1000);
	while (n > 0 && text[n - 1] == '0')
		n--;
	if (n > 0 && text[n - 1] == '.')
		n--;
	buf_add(out, text, (size_t)n);
}

/* ---- fingerprints ----------------------------------------------------------- */

/* Endings that English, German, Romance and Nordic stemmers treat, on made-up trunks. */
static const char *const PROBES[] = {"caresses", "ponies", "agreed", "plastered", "motoring",
    "hopping", "happiness", "relational", "conditional", "vietnamization", "generously", "skies",
    "aufeinanderfolgenden", "kategorischen", "schnellsten", "häuser", "freundlichkeiten", "möglich",
    "chicharrones", "rápidamente", "buscándolos", "civilización", "continuellement", "majestueuse",
    "heureusement", "abbandonata", "propagandistiche", "gentilmente", "quilométricas",
    "felicidades", "rapidamente", "undersøgelserne", "venligheden", "godhed", "lichamelijkheden",
    "opgelucht", "jakkarnas", "möjligheterna", "kungligast", "lykkelige"};
static const char *const LETTERS[] = {"ÀÉÎÕÜ", "ŠŽĆŁŐ", "ΑΒΓΣ", "ПРИВЕТ", "ﬁﬂ", "Ⅳ", "ｆｕｌｌ",
    "Ａ１", "e\u0301a\u0308", "İI", "ẞß", "½", "㎏", "☕️", "👍🏽", "“”„«»…"};

static int
stemmer_print(struct lexicon *lx, uint32_t *print_r)
{
	uint64_t h = LEXICON_FNV_START;
	for (size_t i = 0; i < sizeof PROBES / sizeof PROBES[0]; i++) {
		struct word_key word = word_key_of(slice_of(PROBES[i]));
		struct slice stem = stemmer_stem(lx->stemmer, lx->lang, &word, lx->arena).text;
		if (stem.ptr == NULL)
			return -1;
		h = lexicon_fnv(h, stem);
		h = lexicon_fnv(h, SLICE_LIT("\n"));
	}
	*print_r = (uint32_t)(h >> 32);
	return 0;
}

static int
unicode_print(struct lexicon *lx, uint32_t *print_r)
{
	uint64_t h = LEXICON_FNV_START;
	for (size_t i = 0; i < sizeof LETTERS / sizeof LETTERS[0]; i++) {
		if (units_cut_text(&lx->cutting, slice_of(LETTERS[i]), lx->arena, NULL) < 0)
			return -1;
		for (size_t k = 0; k < lx->cutting.units.count; k++)
			h = lexicon_fnv(h, unit_text(&lx->cutting.units.items[k]));
		h = lexicon_fnv(h, SLICE_LIT("\n"));
	}
	*print_r = (uint32_t)(h >> 32);
	return 0;
}

/* What this program's libraries answer. */
static int
find_prints(struct lexicon *lx, struct lexicon_prints *p, struct err *err)
{
	if (stemmer_print(lx, &p->stemmer) == 0 && unicode_print(lx, &p->unicode) == 0)
		return 0;
	return err_set(err, ERR_NOMEM, "no memory for lexicon '%s'", lx->name);
}

/* ---- reading ---------------------------------------------------------------- */

struct reading {
	struct lexicon *lx;
	uint64_t expected; /* checksum */
	struct lexicon_prints prints; /* of the file; 0: it names none */
	bool has_language;
};

static int
read_hex(struct slice value, size_t digits, uint64_t *r, struct err *err)
{
	static const char DIGITS[] = "0123456789abcdef";
	uint64_t v = 0;
	size_t i = 0;
	for (; i < value.len; i++) {
		const char *digit = memchr(DIGITS, value.ptr[i], sizeof DIGITS - 1);
		if (digit == NULL)
			break;
		v = v << 4 | (uint64_t)(digit - DIGITS);
	}
	if (i < value.len || i != digits)
		return err_set(err, ERR_INPUT, "'%.*s' is not %zu hexadecimal digits",
		    SLICE_ARG(value), digits);
	*r = v;
	return 0;
}

static int
read_language(struct reading *r, struct slice value, struct err *err)
{
	if (r->has_language)
		return err_set(err, ERR_INPUT, "a second line '# language:'");
	r->lx->lang = language_of_code(value);
	r->has_language = r->lx->lang != LANGUAGE_UND;
	return r->has_language
	    ? 0
	    : err_set(err, ERR_INPUT, "unknown language '%.*s'", SLICE_ARG(value));
}

/* A fingerprint; for a stemmer behind the algorithm's name. */
static int
read_print(struct slice value, uint32_t *print_r, struct err *err)
{
	struct slice digits = value;
	uint64_t print;
	while (memchr(digits.ptr, ' ', digits.len) != NULL)
		slice_split(&digits, ' ');
	if (read_hex(digits, 8, &print, err) < 0)
		return -1;
	*print_r = (uint32_t)print;
	return 0;
}

static int
read_per_mille(struct slice value, int32_t max, int32_t *milli_r, struct err *err)
{
	if (lexicon_parse_weight(value, max, milli_r) && *milli_r > 0)
		return 0;
	return err_set(err, ERR_INPUT, "'%.*s' is not a number above 0 and up to %d",
	    SLICE_ARG(value), max / 1000);
}

/* "# key: value" */
static int
read_header(struct reading *r, struct slice line, struct err *err)
{
	struct slice value = slice_make(line.ptr + 1, line.len - 1);
	struct slice key = slice_trim(slice_split(&value, ':'));
	if (!slice_is_set(value))
		return 0;
	value = slice_trim(value);
	if (slice_eq_str(key, "language"))
		return read_language(r, value, err);
	if (slice_eq_str(key, "checksum"))
		return read_hex(value, 16, &r->expected, err);
	if (slice_eq_str(key, "stemmer"))
		return read_print(value, &r->prints.stemmer, err);
	if (slice_eq_str(key, "unicode"))
		return read_print(value, &r->prints.unicode, err);
	if (slice_eq_str(key, "temperature"))
		return read_per_mille(value, 10000, &r->lx->temperature_milli, err);
	if (slice_eq_str(key, "sure"))
		return read_per_mille(value, 1000, &r->lx->sure_milli, err);
	return 0;
}

static int
kind_of(struct slice name)
{
	for (int k = 0; k < LEXEME_STEM_RATING; k++) {
		if (slice_eq_str(name, lexeme_kind_name((enum lexeme_kind)k)))
			return k;
	}
	return -1;
}

static bool
is_learned_kind(int kind)
{
	return kind >= LEXEME_STEM && kind <= LEXEME_SUM;
}

/* How many numbers an entry of this kind has. */
static int
number_count(int kind)
{
	if (is_learned_kind(kind))
		return 2;
	return kind <= LEXEME_BOOSTER ? 1 : 0;
}

/* A negator's may be missing. */
static bool
has_number(int kind, struct slice rest)
{
	return kind != LEXEME_NEGATOR || slice_is_set(rest);
}

static int32_t
number_max(int kind)
{
	if (kind == LEXEME_NEGATOR)
		return LEXICON_REACH_MAX_MILLI;
	return is_learned_kind(kind) ? LEXICON_CLASS_WEIGHT_MAX_MILLI : LEXICON_WEIGHT_MAX_MILLI;
}

static int
read_entry(struct reading *r, struct slice line, struct err *err)
{
	struct slice rest = line;
	struct slice kind_name = slice_split(&rest, '\t');
	struct slice entry = slice_is_set(rest) ? slice_split(&rest, '\t') : SLICE_NONE;
	int kind = kind_of(kind_name);
	int32_t milli[2] = {0, 0};
	if (!r->has_language)
		return err_set(err, ERR_INPUT, "an entry before the line '# language:'");
	if (kind < 0)
		return err_set(err, ERR_INPUT, "unknown kind '%.*s'", SLICE_ARG(kind_name));
	if (entry.len == 0)
		return err_set(err, ERR_INPUT, "a line has a kind, a tab and an entry");
	int32_t max = number_max(kind);
	for (int i = 0; i < number_count(kind) && has_number(kind, rest); i++) {
		struct slice number = slice_is_set(rest) ? slice_split(&rest, '\t') : SLICE_LIT("");
		if (!lexicon_parse_weight(number, max, &milli[i]))
			return err_set(err, ERR_INPUT, "'%.*s' is not a weight of -%d to %d",
			    SLICE_ARG(number), max / 1000, max / 1000);
	}
	if (slice_is_set(rest))
		return err_set(err, ERR_INPUT, "more columns than a %s has",
		    lexeme_kind_name((enum lexeme_kind)kind));
	return lexicon_add(r->lx, (enum lexeme_kind)kind, entry, milli[0], milli[1], err);
}

static int
read_all(struct reading *r, struct slice text, struct err *err)
{
	struct lexicon *lx = r->lx;
	size_t line_no = 0;
	while (slice_is_set(text)) {
		struct slice line = slice_split(&text, '\n');
		line_no++;
		bool is_header = slice_starts_with(line, "# ");
		if (line.len == 0)
			continue;
		/* What is not UTF-8 in a header, say a file's name, is a remark. */
		bool is_text = utf8_is_valid(line);
		if (is_header && !is_text)
			continue;
		if (!is_text)
			return err_set(err, ERR_INPUT, "lexicon '%s', line %zu: this is not UTF-8",
			    lx->name, line_no);
		if (!is_header) {
			lx->checksum = lexicon_fnv(lx->checksum, line);
			lx->checksum = lexicon_fnv(lx->checksum, SLICE_LIT("\n"));
		}
		if ((is_header ? read_header(r, line, err) : read_entry(r, line, err)) < 0)
			return err_prefix(err, "lexicon '%s', line %zu", lx->name, line_no);
	}
	if (lx->checksum != r->expected)
		return err_set(err, ERR_INPUT,
		    "lexicon '%s': entries have checksum %016" PRIx64
		    ", the header says %016" PRIx64,
		    lx->name, lx->checksum, r->expected);
	return 0;
}

int
lexicon_new(const char *name, struct slice text, struct lexicon **lexicon_r, struct err *err)
{
	struct reading r = {.lx = NULL};
	if (lexicon_new_empty(LANGUAGE_UND, &r.lx, err) < 0)
		return -1;
	r.lx->name = name;
	if (read_all(&r, text, err) < 0 || lexicon_settle(r.lx, err) < 0 ||
	    find_prints(r.lx, &r.lx->prints, err) < 0) {
		lexicon_free(r.lx);
		return -1;
	}
	/* Entries were cut and stemmed anew just now: it fits this program's libraries, but it is
	 * not what was measured, and its name says so. */
	r.lx->is_rebuilt = (r.prints.stemmer != 0 && r.prints.stemmer != r.lx->prints.stemmer) ||
	    (r.prints.unicode != 0 && r.prints.unicode != r.lx->prints.unicode);
	lexicon_name_version(r.lx);
	*lexicon_r = r.lx;
	return 0;
}

/* ---- printing --------------------------------------------------------------- */

static void
print_entry(struct buf *out, enum lexeme_kind kind, const struct lexeme *x)
{
	buf_add_str(out, lexeme_kind_name(kind));
	buf_add_char(out, '\t');
	buf_add_slice(out, lexeme_text(x));
	if (is_learned_kind((int)kind)) {
		buf_add_char(out, '\t');
		print_milli(out, x->negative_milli);
		buf_add_char(out, '\t');
		print_milli(out, x->positive_milli);
	} else if (number_count((int)kind) > 0 && (kind != LEXEME_NEGATOR || x->boost_milli != 0)) {
		buf_add_char(out, '\t');
		print_milli(out, kind >= LEXEME_NEGATOR ? x->boost_milli : x->weight_milli);
	}
	buf_add_char(out, '\n');
}

static void
print_entries(const struct lexicon *lx, struct buf *out)
{
	for (size_t i = 1; i < lx->count; i++) {
		const struct lexeme *x = &lx->lexemes[i];
		if (x->kind == LEXEME_STEM_RATING || x->is_vocabulary)
			continue;
		if (x->role != ROLE_NONE)
			print_entry(out, lexeme_role_kind((enum lexeme_role)x->role), x);
		if (x->has_weight || is_learned_kind(x->kind))
			print_entry(out, (enum lexeme_kind)x->kind, x);
	}
}

int
lexicon_print(struct lexicon *lx, struct slice header, struct buf *out, struct err *err)
{
	struct buf entries;
	uint64_t checksum = LEXICON_FNV_START;
	const char *stemmer = language_stemmer(lx->lang);
	struct lexicon_prints prints;
	if (find_prints(lx, &prints, err) < 0)
		return -1;
	buf_init(&entries, LEXICON_FILE_MAX);
	print_entries(lx, &entries);
	checksum = lexicon_fnv(checksum, buf_slice(&entries));
	buf_add_slice(out, header);
	buf_addf(out, "# language: %s\n", language_code(lx->lang));
	buf_addf(out, "# entries: %zu\n", lexicon_count(lx) - lx->stem_rating_count);
	buf_addf(out, "# stemmer: %s %08" PRIx32 "\n", stemmer == NULL ? "none" : stemmer,
	    prints.stemmer);
	buf_addf(out, "# unicode: %08" PRIx32 "\n", prints.unicode);
	buf_add_str(out, "# temperature: ");
	print_milli(out, lx->temperature_milli);
	buf_add_str(out, "\n# sure: ");
	print_milli(out, lx->sure_milli);
	buf_addf(out, "\n# checksum: %016" PRIx64 "\n", checksum);
	buf_add_slice(out, buf_slice(&entries));
	bool has_failed = buf_failed(&entries) || buf_failed(out);
	buf_fini(&entries);
	return has_failed ? err_set(err, ERR_NOMEM, "no memory to print lexicon '%s'", lx->name)
			  : 0;
}
