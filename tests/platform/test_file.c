#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "platform/file.h"

/* Each test has an empty folder of its own, and is in it. */
static int
enter_folder(void **state)
{
	char *dir = mem_strdup("/tmp/earshot-file-XXXXXX");

	*state = mkdtemp(dir);
	return *state == NULL || chdir(dir) != 0 ? -1 : 0;
}

static int
leave_folder(void **state)
{
	char command[128];
	int rc;

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	rc = chdir("/") == 0 && system(command) == 0 ? 0 : -1;
	mem_free(*state);
	return rc;
}

static void
assert_content(const char *path, const char *text)
{
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(file_read(path, 1000, &b, NULL), 0);
	assert_string_equal(buf_str(&b), text);
	buf_fini(&b);
}

static size_t
count_names(const char *dir)
{
	struct arena *a = arena_new(100000);
	const char *const *names;
	size_t count = 0;

	assert_int_equal(file_list(dir, 100, a, &names, &count, NULL), 0);
	arena_free(a);
	return count;
}

static void
what_was_written_is_read_and_no_temporary_is_left(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_write_atomic("a.txt", SLICE_LIT("one"), false, NULL), 0);
	assert_content("a.txt", "one");
	assert_int_equal(file_write_atomic("./a.txt", SLICE_LIT("two"), false, NULL), 0);
	assert_content("a.txt", "two");
	assert_int_equal(file_write_atomic("a.txt", SLICE_NONE, false, NULL), 0);
	assert_content("a.txt", "");
	assert_int_equal(count_names("."), 1);
	assert_int_equal(stat("a.txt", &st), 0);
	assert_int_equal(st.st_mode & 0027, 0);
}

static void
assert_mode(const char *path, mode_t kind)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & S_IFMT, kind);
}

/* Who may do anything could take /dev/null from everybody. */
static void
what_is_no_file_is_not_replaced_and_a_link_stays_one(void **state)
{
	static const char *const refused[] = {"pipe", "folder", "to-pipe", "folder/"};
	struct err err;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(symlink("pipe", "to-pipe"), 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_int_equal(file_write_atomic(refused[i], SLICE_LIT("x"), false, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_false(file_is_regular(refused[i]));
	}
	assert_mode("pipe", S_IFIFO);
	assert_mode("to-pipe", S_IFLNK);
	assert_int_equal(symlink("folder/a", "link"), 0);
	assert_int_equal(symlink("link", "link-to-it"), 0);
	assert_int_equal(file_write_atomic("link-to-it", SLICE_LIT("new"), false, &err), 0);
	assert_int_equal(file_write_atomic("link", SLICE_LIT("newer"), false, &err), 0);
	assert_mode("link", S_IFLNK);
	assert_mode("link-to-it", S_IFLNK);
	assert_content("folder/a", "newer");
	assert_true(file_is_regular("link"));
	assert_int_equal(symlink("round", "round"), 0);
	assert_int_equal(file_write_atomic("round", SLICE_LIT("x"), false, &err), -1);
	assert_int_equal(file_write_atomic("link", SLICE_LIT("x"), true, &err), 1);
}

static void
exclusive_leaves_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(file_write_atomic("b", SLICE_LIT("first"), true, NULL), 0);
	assert_int_equal(file_write_atomic("b", SLICE_LIT("second"), true, NULL), 1);
	assert_content("b", "first");
	assert_int_equal(count_names("."), 1);
}

static void
the_longest_name_can_be_written(void **state)
{
	char name[256];
	struct err err = {0};

	(void)state;
	memset(name, 'n', sizeof name);
	name[255] = '\0';
	assert_int_equal(file_write_atomic(name, SLICE_LIT("x"), true, NULL), 0);
	assert_content(name, "x");
	assert_int_equal(file_write_atomic("", SLICE_LIT("x"), true, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(file_write_atomic("nowhere/x", SLICE_LIT("x"), true, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "'nowhere/'"));
}

static void
a_full_disk_leaves_the_old_file(void **state)
{
	struct err err = {0};
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		/* A limit on file size stands in for the disk; it is the child's only. */
		struct buf big;
		int rc;

		buf_init(&big, 100000);
		for (int i = 0; i < 10000; i++)
			(void)buf_add_str(&big, "12345678");
		if (file_write_atomic("c", SLICE_LIT("old"), false, NULL) != 0)
			_exit(1);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096});
		rc = file_write_atomic("c", buf_slice(&big), false, &err);
		buf_fini(&big);
		_exit(rc == -1 && err.kind == ERR_IO ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_content("c", "old");
	assert_int_equal(count_names("."), 1);
}

static void
reading_has_a_limit_and_words(void **state)
{
	struct err err = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(file_write_atomic("ten", SLICE_LIT("0123456789"), false, NULL), 0);
	assert_int_equal(file_read("ten", 10, &b, &err), 0);
	assert_int_equal(file_read("ten", 9, &b, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(file_read("none", 9, &b, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "'none'"));
	assert_int_equal(symlink("none", "link"), 0);
	assert_int_equal(file_read("link", 9, &b, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "'link': it is a link to something"));
	assert_int_equal(file_read(".", 9, &b, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	buf_fini(&b);
}

static void
folders_are_made_on_the_way(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(file_make_dirs("x/y//z/", &err), 0);
	assert_int_equal(file_make_dirs("x/y/z", &err), 0);
	assert_true(file_is_dir("x/y/z"));
	assert_int_equal(file_write_atomic("x/f", SLICE_LIT(""), false, NULL), 0);
	assert_true(file_exists("x/f"));
	assert_false(file_is_dir("x/f"));
	assert_false(file_exists("x/g"));
	assert_int_equal(file_make_dirs("x/f", &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_int_equal(file_make_dirs("x/f/deeper", &err), -1);
	assert_int_equal(file_make_dirs("", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void
names_are_listed_in_byte_order_up_to_a_limit(void **state)
{
	static const char *const made[] = {"b", "a", "Z", "ä", ".hidden", "10", "9"};
	static const char *const want[] = {".hidden", "10", "9", "Z", "a", "b", "ä"};
	struct arena *a = arena_new(100000);
	const char *const *names;
	struct err err = {0};
	size_t count;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(file_write_atomic(made[i], SLICE_LIT(""), false, NULL), 0);
	assert_int_equal(file_list(".", 7, a, &names, &count, NULL), 0);
	assert_int_equal(count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(names[i], want[i]);
	assert_int_equal(file_list(".", 6, a, &names, &count, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(file_list("none", 6, a, &names, &count, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	arena_free(a);
}

static void
paths_are_joined_and_cut(void **state)
{
	static const struct {
		const char *base, *path, *joined;
	} joins[] = {
	    {"etc", "x", "etc/x"},
	    {"etc/", "x", "etc/x"},
	    {"/", "x", "/x"},
	    {"etc", "/x", "/x"},
	    {"", "x", "x"},
	};
	static const struct {
		const char *path, *dir;
	} dirs[] = {{"a/b/c", "a/b"}, {"c", "."}, {"/c", "/"}, {"a/", "a"}};
	struct arena *a = arena_new(100000);

	(void)state;
	for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++)
		assert_string_equal(file_join(a, joins[i].base, joins[i].path), joins[i].joined);
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		assert_string_equal(file_dir(a, dirs[i].path), dirs[i].dir);
	arena_free(a);
}

static void
a_link_is_followed_to_where_it_leads_even_to_nothing(void **state)
{
	static const struct {
		const char *link, *target, *asked, *found;
	} cases[] = {
	    {NULL, NULL, "plain", "plain"},
	    {"one", "nothing", "one", "./nothing"},
	    {"two", "one", "two", "./nothing"},
	    {"far", "/nowhere/at/all", "far", "/nowhere/at/all"},
	    {"circle", "circle", "circle", NULL},
	};
	struct arena *a = arena_new(100000);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};
		const char *found;

		if (cases[i].link != NULL)
			assert_int_equal(symlink(cases[i].target, cases[i].link), 0);
		found = file_follow(a, cases[i].asked, &err);
		if (cases[i].found == NULL) {
			assert_null(found);
			assert_int_equal(err.kind, ERR_INPUT);
		} else {
			assert_string_equal(found, cases[i].found);
		}
	}
	arena_free(a);
}

static void
a_lock_is_one_holders_and_ends_with_its_process(void **state)
{
	int fd = -1, other = -1, status;
	pid_t child;

	(void)state;
	assert_int_equal(file_lock("lock", &fd, NULL), 0);
	assert_int_equal(file_lock("lock", &other, NULL), 1);
	file_unlock(fd);
	child = fork();
	if (child == 0) {
		if (file_lock("lock", &fd, NULL) == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(file_lock("lock", &fd, NULL), 0);
	file_unlock(fd);
	assert_int_equal(file_lock("none/lock", &fd, NULL), -1);
}

static void
every_failing_allocation_is_an_error_and_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct arena *a = arena_new(100000);
		const char *const *names;
		size_t count;
		struct buf b;
		bool hit;
		int rc;

		buf_init(&b, 1000);
		mem_fault_arm(nth, false);
		rc = file_make_dirs("d/e", NULL);
		if (rc == 0)
			rc = file_write_atomic("d/e/f", SLICE_LIT("text"), false, NULL);
		if (rc == 0)
			rc = file_read("d/e/f", 100, &b, NULL);
		if (rc == 0)
			rc = file_list("d/e", 10, a, &names, &count, NULL);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		buf_fini(&b);
		arena_free(a);
		assert_int_equal(rc, hit ? -1 : 0);
		if (!hit)
			break;
	}
	assert_int_equal(count_names("d/e"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_was_written_is_read_and_no_temporary_is_left, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		what_is_no_file_is_not_replaced_and_a_link_stays_one, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		exclusive_leaves_what_is_there, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		the_longest_name_can_be_written, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		a_full_disk_leaves_the_old_file, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		reading_has_a_limit_and_words, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		folders_are_made_on_the_way, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		names_are_listed_in_byte_order_up_to_a_limit, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(paths_are_joined_and_cut, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		a_link_is_followed_to_where_it_leads_even_to_nothing, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(
		a_lock_is_one_holders_and_ends_with_its_process, enter_folder, leave_folder),
	    cmocka_unit_test_setup_teardown(every_failing_allocation_is_an_error_and_leaves_nothing,
		enter_folder, leave_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
