/*
 * Runs a fuzz target without a fuzzer: on the files given (a folder stands for its files), or, with
 * -r COUNT, on COUNT variations of them made from a fixed seed.  So that every input that once
 * broke something is a test that any compiler can run:
 *
 *   cc ... tests/fuzz/driver.c tests/fuzz/fuzz_json.c ... -o fuzz_json
 *   ./fuzz_json tests/fuzz/corpus/json
 *   ./fuzz_json -r 100000 tests/fuzz/corpus/json
 *
 * The target aborts when a law is broken; the input that was running is then in the file
 * "crash-input".
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include "core/rng.h"

#define INPUT_MAX ((size_t)1024 * 1024)
#define INPUTS_MAX 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* What some targets make ready first. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

struct input {
	uint8_t *data;
	size_t size;
};

static struct input inputs[INPUTS_MAX];
static size_t input_count;
static struct input running;

static void
keep_input(int signal_number)
{
	int fd = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0) {
		ssize_t n = write(fd, running.data, running.size);
		(void)n;
		close(fd);
	}
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void
input_run(uint8_t *data, size_t size)
{
	/* A copy of the exact size, so that reading past the end is seen. */
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	if (exact == NULL)
		exit(3);
	memcpy(exact, data, size);
	running = (struct input){exact, size};
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void
file_add(const char *path)
{
	FILE *in = fopen(path, "rb");

	if (in == NULL || input_count == INPUTS_MAX) {
		fprintf(stderr, "cannot read '%s'\n", path);
		exit(3);
	}
	struct input *input = &inputs[input_count++];
	input->data = malloc(INPUT_MAX);
	if (input->data == NULL)
		exit(3);
	input->size = fread(input->data, 1, INPUT_MAX, in);
	fclose(in);
	/* Thousands of small files must fit. */
	uint8_t *smaller = realloc(input->data, input->size == 0 ? 1 : input->size);
	if (smaller != NULL)
		input->data = smaller;
}

static void
path_add(const char *path)
{
	struct stat st;
	char child[4096];

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		file_add(path);
		return;
	}
	DIR *dir = opendir(path);
	if (dir == NULL)
		exit(3);
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
		path_add(child);
	}
	closedir(dir);
}

/* A few small changes: bytes set, runs copied, moved or dropped, another input's tail. */
static size_t
input_vary(struct rng *rng, uint8_t *out, size_t size)
{
	static const uint8_t spice[] = "\0\xFF\x80\xC3\xED\xF4\"'\\{}[]:,#-\n\t 09eE+.u";
	unsigned changes = 1 + (unsigned)rng_below(rng, 8);

	while (changes-- > 0) {
		size_t at = size == 0 ? 0 : (size_t)rng_below(rng, size);
		size_t run = (size_t)rng_below(rng, 16) + 1;
		switch (rng_below(rng, 5)) {
		case 0:
			if (size > 0)
				out[at] = (uint8_t)rng_next(rng);
			break;
		case 1:
			if (size > 0)
				out[at] = spice[rng_below(rng, sizeof(spice) - 1)];
			break;
		case 2: /* drop */
			if (run > size - at)
				run = size - at;
			memmove(out + at, out + at + run, size - at - run);
			size -= run;
			break;
		case 3: /* repeat */
			if (run > size - at || size + run > INPUT_MAX)
				break;
			memmove(out + at + run, out + at, size - at);
			size += run;
			break;
		default: { /* another's tail */
			const struct input *other = &inputs[rng_below(rng, input_count)];
			size_t from = other->size == 0 ? 0 : (size_t)rng_below(rng, other->size);
			size_t len = other->size - from;
			if (len > INPUT_MAX - at)
				len = INPUT_MAX - at;
			memcpy(out + at, other->data + from, len);
			size = at + len;
			break;
		}
		}
	}
	return size;
}

int
main(int argc, char **argv)
{
	long long rounds = 0;
	int first = 1;
	struct rng rng;

	if (argc > 2 && strcmp(argv[1], "-r") == 0) {
		rounds = strtoll(argv[2], NULL, 10);
		first = 3;
	}
	if (first >= argc) {
		fprintf(stderr, "usage: %s [-r COUNT] FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = first; i < argc; i++)
		path_add(argv[i]);
	signal(SIGABRT, keep_input);
	signal(SIGSEGV, keep_input);
	for (size_t i = 0; i < input_count; i++)
		input_run(inputs[i].data, inputs[i].size);
	uint8_t *varied = malloc(INPUT_MAX);
	if (varied == NULL || input_count == 0)
		return 3;
	rng_init(&rng, 1);
	for (long long i = 0; i < rounds; i++) {
		const struct input *base = &inputs[rng_below(&rng, input_count)];
		memcpy(varied, base->data, base->size);
		input_run(varied, input_vary(&rng, varied, base->size));
	}
	printf("%zu inputs, %lld variations\n", input_count, rounds);
	free(varied);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].data);
	return 0;
}
