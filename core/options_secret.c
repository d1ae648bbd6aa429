#include "core/options_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"

#define SECRET_MAX ((size_t)64 * 1024)
#define FILE_PREFIX "file:"
#define CREDENTIAL_PREFIX "credential:"

bool
secret_is_reference(struct slice s)
{
	return slice_starts_with(s, "${") && slice_ends_with(s, "}") && s.len > 3;
}

const char *
path_resolve(struct slice path, const char *base_dir, struct arena *a)
{
	bool stays = base_dir == NULL || base_dir[0] == '\0' || slice_starts_with(path, "/") ||
	    slice_eq_str(path, "-");

	if (stays)
		return arena_strndup(a, path.ptr, path.len);
	const char *slash = slice_ends_with(slice_of(base_dir), "/") ? "" : "/";
	return arena_printf(a, "%s%s%.*s", base_dir, slash, SLICE_ARG(path));
}

static bool
is_env_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return s.len > 0;
}

static const char *
fetch_env(struct slice name, struct arena *a, struct err *err)
{
	if (!is_env_name(name)) {
		err_set(err, ERR_INPUT, "inside ${} belongs the name of an environment variable");
		return NULL;
	}
	const char *key = arena_strndup(a, name.ptr, name.len);
	const char *value = key == NULL ? NULL : getenv(key);
	if (key == NULL || (value != NULL && (value = arena_strdup(a, value)) == NULL)) {
		err_set(err, ERR_NOMEM, "no memory for a secret");
		return NULL;
	}
	if (value == NULL || value[0] == '\0') {
		err_set(err, ERR_NOT_FOUND, "the environment variable '%s' is %s", key,
		    value == NULL ? "not set" : "empty");
		return NULL;
	}
	return value;
}

/* Reads at most size bytes; the count, or -1 with errno. */
static long
file_read(const char *path, char *out, size_t size)
{
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return -1;
	/* A stream's own buffer would be one more copy of the secret. */
	setvbuf(in, NULL, _IONBF, 0);
	size_t n = fread(out, 1, size, in);
	int failed = ferror(in) ? (errno != 0 ? errno : EIO) : 0;
	fclose(in);
	errno = failed;
	return failed != 0 ? -1 : (long)n;
}

static const char *
secret_take(char *text, size_t len, const char *path, struct arena *a, struct err *err)
{
	if (len > SECRET_MAX) {
		err_set(err, ERR_LIMIT, "'%s' has more than %zu bytes", path, SECRET_MAX);
		return NULL;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len == 0) {
		err_set(err, ERR_INPUT, "'%s' is empty", path);
		return NULL;
	}
	if (!utf8_is_valid(slice_make(text, len))) {
		err_set(err, ERR_INPUT, "'%s' is not a text", path);
		return NULL;
	}
	const char *secret = arena_strndup(a, text, len);
	if (secret == NULL)
		err_set(err, ERR_NOMEM, "no memory for a secret");
	return secret;
}

static const char *
fetch_file(const char *path, struct arena *a, struct err *err)
{
	const char *secret = NULL;
	char *text = path == NULL ? NULL : mem_alloc(SECRET_MAX + 1);

	if (text == NULL) {
		err_set(err, ERR_NOMEM, "no memory for a secret");
		return NULL;
	}
	long n = file_read(path, text, SECRET_MAX + 1);
	if (n < 0) {
		err_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	} else {
		secret = secret_take(text, (size_t)n, path, a, err);
		explicit_bzero(text, (size_t)n);
	}
	mem_free(text);
	return secret;
}

static const char *
fetch_credential(struct slice name, struct arena *a, struct err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (name.len == 0 || memchr(name.ptr, '/', name.len) != NULL || name.ptr[0] == '.') {
		err_set(
		    err, ERR_INPUT, "'%.*s' cannot be the name of a credential", SLICE_ARG(name));
		return NULL;
	}
	if (dir == NULL || dir[0] == '\0') {
		err_set(err, ERR_NOT_FOUND,
		    "there are no credentials here: CREDENTIALS_DIRECTORY is not set");
		return NULL;
	}
	return fetch_file(path_resolve(name, dir, a), a, err);
}

const char *
secret_fetch(struct slice reference, const char *base_dir, struct arena *a, struct err *err)
{
	struct slice inner = slice_make(reference.ptr + 2, reference.len - 3);
	size_t prefix = strlen(FILE_PREFIX);

	if (slice_starts_with(inner, FILE_PREFIX)) {
		struct slice path = slice_make(inner.ptr + prefix, inner.len - prefix);
		return fetch_file(path_resolve(path, base_dir, a), a, err);
	}
	prefix = strlen(CREDENTIAL_PREFIX);
	if (slice_starts_with(inner, CREDENTIAL_PREFIX))
		return fetch_credential(slice_make(inner.ptr + prefix, inner.len - prefix), a, err);
	return fetch_env(inner, a, err);
}
