/*
 * engine_internal.h - the compiled rule set: what compile.c builds, index.c picks from, evaluate.c
 * runs and explain.c puts in words.
 *
 * A program is a run of instructions for a small stack machine over true, false and unknown.
 * Conditions are tests; what they compare with are sets of numbers (brands, intents, keywords,
 * interned texts), bounds, or folded texts.  The machine only jumps forward, so the cost of a rule
 * is bounded by its length.
 */
#ifndef RULES_ENGINE_INTERNAL_H
#define RULES_ENGINE_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/brand.h"
#include "core/decision.h"
#include "core/occurrence.h"
#include "rules/crowd.h"
#include "rules/fields_internal.h"
#include "rules/phrases_internal.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "rules/tree_internal.h"
#include "rules/words_internal.h"

struct arena;
struct buf;
struct map;

/* X(name, effect on the stack, what it does); the argument of TEST_* is a test, of JUMP_* an
 * instruction */
#define RULE_OPCODES(X)                                                                            \
	X(TEST_BOUNDS, +1, "push: is a number or a time within two bounds")                        \
	X(TEST_MEETS, +1, "push: has the field one of a set of values")                            \
	X(TEST_MISSES, +1, "push: has the field none of a set of values")                          \
	X(TEST_HAS_ALL, +1, "push: are all keywords of a set in the text")                         \
	X(TEST_STARTS, +1, "push: does the text start with a keyword")                             \
	X(TEST_PLAIN, +1, "push: how a name, bio or address compares with texts")                  \
	X(TEST_ATTRIBUTE, +1, "push: how a customer's attribute compares with values")             \
	X(TEST_FLAG, +1, "push: a fact that is so or not")                                         \
	X(TEST_IN_LIST, +1, "push: is the author or customer on a list")                           \
	X(TEST_ALLOWS, +1, "push: can the customer be reached on a channel")                       \
	X(TEST_IN_SEGMENT, +1, "push: is the customer in a segment")                               \
	X(TEST_KNOWN, +1, "push: is there a value at all")                                         \
	X(NOT, 0, "turn the top around; unknown stays unknown")                                    \
	X(AND, -1, "pop b, pop a, push a and b; false beats unknown")                              \
	X(OR, -1, "pop b, pop a, push a or b; true beats unknown")                                 \
	X(JUMP_FALSE, 0, "skip ahead when the top is false; keep it")                              \
	X(JUMP_TRUE, 0, "skip ahead when the top is true; keep it")                                \
	X(FIRE, -1, "pop; when true, the rule fires")

enum rule_opcode {
#define X(name, effect, help) RULE_OPCODE_##name,
	RULE_OPCODES(X)
#undef X
	RULE_OPCODE_COUNT
};

struct instruction {
	uint16_t opcode;
	uint16_t is_negated; /* TEST_*: `is not` of a flag, list, permission or bound */
	uint32_t arg;
};

#define RULE_STACK_MAX 64
#define DOMAINS_MAX 64
#define PLAINS_MAX 32 /* fields of type PLAIN */
#define NUMBERS_MAX 64 /* fields whose number is kept while an occurrence is evaluated */
#define DOMAIN_TEXT 0 /* ids are keywords found in the post's text */

/* Sorted numbers. */
struct id_set {
	const uint32_t *ids;
	size_t count;
};

/* What the machine needs of a condition; equal conditions of a set are one test. */
struct test {
	uint8_t opcode;
	bool is_negated;
	bool is_exact; /* MEETS, MISSES: bits tells all */
	uint16_t domain; /* MEETS, MISSES; PLAIN: among the plain fields */
	uint32_t set; /* MEETS, MISSES, HAS_ALL, IN_LIST; STARTS: the keyword; IN_SEGMENT: which */
	uint32_t number; /* among the tests of the set: copies know where they come from */
	const struct field *field;
	union {
		struct {
			int64_t low, high; /* BOUNDS, inclusive */
		};
		uint64_t bits; /* MEETS, MISSES: of each id of the set the bit id % 64 */
		struct { /* PLAIN, ATTRIBUTE: folded; numbers of ATTRIBUTE in number_milli */
			const struct pattern *patterns;
			size_t pattern_count;
		};
	};
};

/* What people need of it, and the rarer tests: beside the tests, so that these stay together. */
struct test_words {
	struct slice name; /* of the attribute, channel, list or segment that is asked about */
	struct slice
	    shown; /* the condition in words, "sentiment is below -0.4"; long ones end in "..." */
	uint16_t name_len; /* bytes of its field's name; 0: none, as in "author is verified" */
	uint8_t op; /* enum rule_op */
};

/* What a program asks, as a person reads it: the blocks of its tree before what is in them. */
struct asked {
	uint32_t kind : 2; /* enum node_kind */
	uint32_t arg : 30; /* CONDITION: its test; else the one behind all that is in the block */
};
#define ASKED_NONE UINT32_MAX
#define ASKED_MAX (UINT32_C(1) << 30)

struct pattern {
	struct slice folded;
	struct slice shown;
	bool is_number;
	int64_t number_milli;
};

/* A condition as it is run for a candidate, and where its answer leads: true, or false or unknown.  What a
 * program asks becomes a chain of these without a stack (steps.c); two lie in a line of the
 * processor's cache. */
enum step_kind {
	STEP_BOUNDS, /* a number is within low and high, or is not */
	STEP_BITS, /* the field has one of the values of bits, which tell all, or has none */
	STEP_MEETS, /* the same with a set, of whose values bits has id % 64 */
	STEP_LISTED, /* the author is on the list a test asks for, or is not */
	STEP_PERIOD, /* it happened from low on and before high */
	STEP_TEST /* a test's answer is `wanted` */
};
struct step {
	uint8_t kind;
	uint8_t wanted; /* TEST: enum tristate; else whether the value is to be there */
	uint16_t slot; /* BOUNDS: among the numbers; BITS, MEETS: the domain */
	uint32_t arg; /* MEETS, LISTED: the set; TEST: the test */
	uint32_t yes, no; /* the step to go on with, or one of the ends below */
	union {
		struct {
			int64_t low, high;
		};
		uint64_t bits;
		uint32_t test; /* LISTED */
	};
};
#define STEP_HOLDS UINT32_MAX
#define STEP_FAILS (UINT32_MAX - 1)

/* Conditions that are run: a rule's `when`, and those of its other parts and of the watches. */
struct program {
	const struct rule_head *head;
	int64_t from_ms, until_ms; /* until: not included */
	uint32_t code, code_count; /* all conditions, in their order */
	enum firing_part part;
	bool is_off, sees_events;
	uint32_t root; /* of what is asked; ASKED_NONE: any post */
};
#define PROGRAM_NONE UINT32_MAX

/* Where an item stands: its tree is read anew from there when somebody asks for it. */
struct item_place {
	uint32_t file;
	struct range at;
};

struct compiled_rule {
	_Alignas(64) struct rule_head head; /* what is asked of many of them is in few lines */
	struct item_place place;
	uint32_t after, unless; /* programs; PROGRAM_NONE */
	uint32_t example_count;
	const struct slice *examples; /* their texts */
};

/* A line of a watch's `when`. */
struct crowd_test {
	struct crowd_node is; /* without its comments */
	struct slice shown; /* "count within 10 minutes is at least 20" */
	size_t name_len; /* bytes of "count within 10 minutes" in it */
	int64_t within_ms;
};

struct compiled_watch {
	struct item_place place;
	uint64_t subject; /* what it counts, in a number */
	const struct crowd_test *tests;
	size_t test_count;
	uint32_t over, out_of; /* programs; out_of: PROGRAM_NONE when no share is asked for */
};

/* The conditions of a segment; they are judged for customers, never for what happens, so no index has
 * them. */
struct compiled_segment {
	struct item_place place;
	uint32_t code, code_count; /* 0: imported */
	uint32_t root; /* of what is asked */
};

/* Tests that stand in very many programs are asked once for an occurrence; what they said is a bit
 * each.  The first two say what kind of occurrence it is. */
#define GATES_MAX 64
#define GATE_POSTS 0
#define GATE_EVENTS 1
#define GATE_FIRST 2

/* Gates that ask a choice or brand: each value opens some and shuts some. */
struct gate_values {
	uint16_t domain;
	uint64_t when_known; /* open unless one of the values shuts them */
	uint64_t opened[64], shut[64]; /* by value */
};

/* Gates that ask a number: what is open between two points. */
struct gate_points {
	uint16_t number;
	uint32_t first, count; /* points[first ...]; opened[] has one more */
};

struct gates {
	struct gate_values *values;
	struct gate_points *by_number;
	int64_t *points;
	uint64_t *opened; /* parallel to points: what is open below each, and above the last */
	struct test *others; /* copies, side by side */
	uint8_t *other_bits;
	size_t value_count, by_number_count, other_count;
	size_t count; /* of gates */
};

/* A program worth running when its gates are open; or, with ENTRY_CLUSTER, all those of a cluster. */
struct index_entry {
	uint64_t gates; /* bits; those that must be open */
	uint32_t program;
	uint32_t step; /* the first; STEP_HOLDS: filing and gates said all */
};
#define ENTRY_CLUSTER UINT32_C(0x80000000)

struct entry_range {
	uint32_t first, count; /* into entries */
};

/* What is filed under the values of a domain: under id what lies in entries from starts[id] to
 * starts[id + 1]. */
struct index_domain {
	uint32_t *starts;
	uint32_t id_count;
};

struct rule_index {
	struct index_entry *entries;
	struct entry_range flat; /* looked at for every occurrence */
	struct entry_range *clusters; /* the programs of one large set */
	size_t cluster_count;
	uint64_t filed; /* bit per domain that something is filed under */
	struct index_domain domains[DOMAINS_MAX];
	struct gates gates;
};

struct rule_set {
	atomic_size_t refs;
	int64_t version;
	struct arena *arena; /* heads, actions, texts */
	struct finding_sink *files; /* names and texts; their diags are gone */
	size_t file_count;
	struct brand_set brands;
	struct compiled_rule *rules;
	size_t rule_count;
	uint32_t *rules_by_id; /* their indices in the order of their ids */
	struct watch_head *watch_heads; /* beside watches */
	struct compiled_watch *watches;
	size_t watch_count;
	struct segment_head *segment_heads; /* beside segments, in the order of the files */
	struct compiled_segment *segments;
	size_t segment_count;
	const uint32_t *segment_order; /* each behind those it asks for */
	uint32_t *segment_times; /* tests that time alone changes */
	size_t segment_time_count, segment_time_cap;
	struct segment_needs segment_needs;
	/* [i] is the `when` of rules[i]; behind them the other parts, in the order of the files */
	struct program *programs;
	size_t program_count;

	struct instruction *code;
	size_t code_count, code_cap;
	struct asked *asked;
	size_t asked_count, asked_cap;
	struct step *steps;
	void *step_room; /* where they lie */
	size_t step_count;
	struct test *tests;
	size_t test_count, test_cap;
	struct test_words *test_words; /* beside tests */
	size_t test_words_cap;
	struct id_set *sets;
	size_t set_count, set_cap;
	struct words words;
	struct phrases phrases;
	const struct field *domains[DOMAINS_MAX]; /* [DOMAIN_TEXT] is the text */
	size_t domain_count;
	const struct field *plains[PLAINS_MAX];
	size_t plain_count;
	const struct field *numbers[NUMBERS_MAX]; /* those that steps and gates ask */
	size_t number_count;
	bool has_phrases;
	struct rule_index index;
};

/* ---- evaluation ---- */

#define VALUES_FEW 4
struct domain_values {
	bool is_known;
	uint32_t count; /* ids */
	uint64_t bits; /* of each id the bit id % 64 */
	uint32_t *ids;
	struct slice *texts; /* parallel to ids, as seen; NULL for brands, choices and keywords */
	struct slice only; /* when there is one */
	uint32_t few[VALUES_FEW]; /* ids while they are no more */
};

/* What the store said of a list: asked once, so that a reason told later says the same. */
struct list_answer {
	const struct list_answer *next;
	uint32_t set;
	enum action_target who;
	enum tristate answer;
};

#define AUTHOR_NAMES 3

/* rules.h */
struct rule_words {
	const struct rule_set *set;
	const struct token *tokens; /* the score's */
	size_t token_count;
	struct phrase_text text;
};

struct evaluation {
	struct firing_teller teller; /* of its firings; first */
	const struct rule_set *set;
	const struct occurrence *occ;
	const struct rule_facts *facts;
	const struct node *given; /* of an example: stands for what the post would have */
	struct arena *arena;
	const struct phrase_text *text; /* NULL: not looked up yet */
	uint64_t *phrase_bits; /* of the keywords found; NULL while they are few */
	uint32_t hit_cap;
	bool has_no_memory;
	bool has_author_names;
	bool asks_lists; /* somebody knows who was put on lists */
	uint8_t author_name_count;
	uint64_t found; /* bit per domain whose values were looked for */
	struct domain_values *domains;
	uint64_t numbers_found, numbers_known; /* bit per number that was asked; that has a value */
	int64_t *numbers;
	struct slice *folded; /* of plain fields, when first asked */
	uint32_t author_names[AUTHOR_NAMES]; /* words that lists may have */
	const struct list_answer *list_answers;
	enum tristate *judged; /* segments as judged so far; NULL: as the customer says */
};

/* What a field holds: as its accessors say, or as the example gives it.  NULL and false as there; a
 * lack of memory sets has_no_memory. */
bool evaluation_number(struct evaluation *e, const struct field *f, int64_t *value_r);
bool evaluation_choice(struct evaluation *e, const struct field *f, uint32_t *mask_r);
bool evaluation_texts(struct evaluation *e, const struct field *f, struct field_texts *t_r);
enum tristate evaluation_flag(struct evaluation *e, const struct field *f);
bool evaluation_attribute(struct evaluation *e, const struct test *t, struct slice_list *values_r);
enum tristate evaluation_allows(struct evaluation *e, const struct test *t);
/* Does the example say whether they are on the list? */
bool evaluation_given_list(const struct evaluation *e, const struct test *t, enum tristate *t_r);
/* Does the example say which brands it speaks of? */
bool evaluation_brands(struct evaluation *e, const struct field *f, struct slice_list *given_r);

/* -1: no memory, or the arena is full */
int evaluation_begin(struct evaluation *e, const struct rule_set *set, const struct occurrence *occ,
    const struct rule_facts *facts, struct arena *a);
/* The same for an example: what it gives stands for what the post would have. */
int evaluation_begin_given(struct evaluation *e, const struct rule_set *set,
    const struct occurrence *occ, const struct node *given, struct arena *a);
enum tristate evaluation_test(struct evaluation *e, const struct test *t);
/* Code up to its end, or to FIRE. */
enum tristate evaluation_run_code(struct evaluation *e, uint32_t from, uint32_t end);
/* The program's answer. */
enum tristate evaluation_run(struct evaluation *e, const struct program *p);
/* The first id that the field's values and the set share; false: none. */
bool
evaluation_common(struct evaluation *e, uint16_t domain, const struct id_set *set, size_t *at_r);
/* Is keyword `phrase` in the text?  The text's values have been looked for. */
bool evaluation_has_phrase(const struct evaluation *e, uint32_t phrase);
bool id_set_has(const struct id_set *s, uint32_t id);
int evaluation_find(struct evaluation *e, size_t domain);
/* The words of the occurrence's text in the set: those that it brings along, if they are, else looked up now;
 * NULL without memory. */
const struct phrase_text *
look_up_text(const struct rule_set *set, const struct occurrence *occ, struct arena *a);

/* The values of a domain, looked for when first asked. */
static inline const struct domain_values *
evaluation_domain(struct evaluation *e, size_t domain)
{
	if ((e->found >> domain & 1) == 0 && evaluation_find(e, domain) < 0)
		e->has_no_memory = true;
	return &e->domains[domain];
}

static inline const struct test_words *
test_words_of(const struct rule_set *set, const struct test *t)
{
	return &set->test_words[t->number];
}
/* The number an attribute's value spells; false: it is none. */
bool attribute_number(struct slice value, int64_t *milli_r);

/* Is the number known?  Read when first asked. */
bool evaluation_read_number(struct evaluation *e, size_t number);
static inline bool
evaluation_has_number(struct evaluation *e, size_t number)
{
	return (e->numbers_found >> number & 1) != 0 ? (e->numbers_known >> number & 1) != 0
						     : evaluation_read_number(e, number);
}

/* The number of a text as the set has it, folded; 0: no rule speaks of it. */
uint32_t evaluation_word(struct evaluation *e, enum field_fold how, struct slice text);
/* Do the values and the set share an id? */
bool evaluation_meets(const struct domain_values *v, const struct id_set *set);
/* IN_LIST: of the author, not of the customer. */
static inline bool
test_is_of_author(const struct test *t)
{
	return t->field->subject[0] == 'a';
}
/* Is the author or customer on the test's list, whether it asks for that or for the opposite? */
enum tristate evaluation_listed(struct evaluation *e, const struct test *t);

/* The programs whose conditions hold, in order, each once, go to take, whose answer is returned; -1
 * without memory. */
typedef int index_take_fn(void *cookie, const uint32_t *programs, size_t count);
int index_run(struct evaluation *e, index_take_fn *take, void *cookie);
int index_build(struct rule_set *set);
void index_fini(struct rule_index *x);

/* The reason of a firing, in the evaluation's arena; ptr NULL without memory. */
struct slice explain_reason(struct evaluation *e, const struct program *p);

/* The value a test saw, or what was missing where it is unknown; may be empty.  In the evaluation's
 * arena, ptr NULL without memory. */
struct slice explain_seen(struct evaluation *e, const struct test *t, enum tristate truth);
enum rule_state program_state(const struct program *p, const struct occurrence *occ);

/* Every condition below root with its truth and the value seen, one on a line. */
void explain_conditions(struct evaluation *e, uint32_t root, int indent, struct buf *text);

/* The first one behind n and all that is in it. */
static inline uint32_t
asked_end(const struct rule_set *set, uint32_t n)
{
	const struct asked *q = &set->asked[n];

	return q->kind == NODE_CONDITION ? n + 1 : q->arg;
}

/* ---- trees, read anew (recall.c) ---- */

/* The item that stands there, in a, with the fields and values of its text and nothing compiled; -1
 * without memory. */
int recall_item(const struct rule_set *set, const struct item_place *place, struct arena *a,
    const struct item **item_r);
/* All files of the set, in a. */
int recall_files(const struct rule_set *set, struct arena *a, const struct rules_file **files_r);

/* ---- building ---- */

struct compiler {
	struct rule_set *set;
	struct rules_file *files; /* trees, which go when all is compiled */
	struct arena *trees;
	const struct finding_sink *from; /* the file of what is being compiled */
	const struct item **segments; /* in the order of the files */
	const struct rule_env *env;
	struct map *const *ids; /* from the checker */
	struct map *list_sets; /* "kind list" -> set plus 1 */
	struct map *tests; /* a condition in words -> test plus 1 */
	struct map *actions; /* what is done, in words -> struct action_list */
	struct arena *scratch;
	struct buf *text; /* scratch */
};

/* -1 without memory, as all of these. */
int compile_rule(
    struct compiler *c, const struct item *it, struct compiled_rule *r, struct program *when);
int compile_watch(
    struct compiler *c, const struct item *it, struct compiled_watch *w, struct watch_head *head);
/* Numbers the segments (before any condition is compiled), and compiles all of them. */
int compile_segment_names(struct compiler *c, size_t count);
int compile_segments(struct compiler *c);
/* Code of root that is no program, for a segment. */
int compile_code(struct compiler *c, const struct node *root, struct compiled_segment *g);
/* s as the set keeps it: what stands in a file stays there, what was put together is copied.  -1
 * without memory. */
int compile_keep(struct compiler *c, struct slice *s);
struct item_place compile_place(const struct compiler *c, const struct item *it);
/* Tests and code of root into the next program; root NULL: any post. */
int compile_part(struct compiler *c, const struct item *it, const struct rule_head *head,
    enum firing_part part, const struct node *root, uint32_t *program_r);
/* id, title, actions ...: what rules and watches have in common. */
int compile_head(struct compiler *c, const struct item *it, struct rule_head *head);
/* Programs that the item has beside its `when`. */
size_t compile_part_count(const struct item *it);
/* Windows, limits, hours, canary and approval. */
int compile_guardrails(struct compiler *c, const struct item *it, struct rule_head *head);
int compile_condition(struct compiler *c, const struct node *n, uint32_t *test_r);
/* The first line of the cache that lies in p, which has room for one more. */
static inline void *
mem_line(void *p)
{
	return (char *)p + (64 - (uintptr_t)p % 64) % 64;
}
/* Grows a heap array for one more element; -1 without memory. */
int vector_grow(void **items, size_t count, size_t *cap, size_t size);
/* Gives back what is behind count elements; -1 without memory, and nothing has changed. */
int vector_trim(void **items, size_t count, size_t size);

#endif
