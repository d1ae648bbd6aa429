#include "daemon/worker_internal.h"

#include "store/store.h"

void
worker_along_end(struct worker *w, const struct err *failure)
{
	struct job *j = w->along_head;

	w->along_head = j->next;
	if (w->along_head == NULL)
		w->along_tail = &w->along_head;
	j->next = NULL;
	if (failure != NULL) {
		j->has_failed = true;
		j->failure = *failure;
	} else if (j->committed != NULL) {
		j->committed(j->cookie, w->pipeline);
	}
	worker_tell(w, j);
}

void
worker_along_alone(struct worker *w)
{
	struct job *j = w->along_head;
	struct store *st = w->env.store;
	struct err err = {ERR_NONE, ""};
	bool is_kept = store_begin(st, &err) == 0 && j->write(j->cookie, st, &err) == 0 &&
	    store_commit(st, &err) == 0;

	if (!is_kept)
		store_rollback(st);
	worker_along_end(w, is_kept ? NULL : &err);
}
