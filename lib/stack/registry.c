/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static TAILQ_HEAD(, registry_node) nodes = TAILQ_HEAD_INITIALIZER(nodes);
static uint32_t next_number;

void
registry_add(struct registry_node *n, struct rtls_stack *s, struct visit_box *box, const char *name)
{
	n->stack = s;
	n->box = box;
	n->users = 0;
	snprintf(n->id.name, sizeof(n->id.name), "%s", name);
	pthread_mutex_lock(&lock);
	n->id.number = next_number++;
	n->listed = true;
	TAILQ_INSERT_TAIL(&nodes, n, link);
	pthread_mutex_unlock(&lock);
}

void
registry_remove(struct registry_node *n)
{
	const struct timespec moment = { .tv_nsec = 100000 };

	if (!n->listed)
		return;
	pthread_mutex_lock(&lock);
	TAILQ_REMOVE(&nodes, n, link);
	n->listed = false;
	visit_close(n->box);
	while (n->users > 0) {
		pthread_mutex_unlock(&lock);
		nanosleep(&moment, NULL);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
}

size_t
registry_list(struct registry_id *out, size_t n)
{
	const struct registry_node *at;
	size_t count = 0;

	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(at, &nodes, link) {
		if (count < n)
			out[count] = at->id;
		count++;
	}
	pthread_mutex_unlock(&lock);
	return count;
}

static bool
is_number(const char *text, uint32_t number)
{
	char decimal[16];

	snprintf(decimal, sizeof(decimal), "%u", number);
	return strcmp(text, decimal) == 0;
}

int
registry_find(const char *text, uint32_t *number)
{
	const struct registry_node *at, *found = NULL;

	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(at, &nodes, link) {
		if (is_number(text, at->id.number)) {
			found = at;
			break;
		}
		if (found == NULL && strcmp(text, at->id.name) == 0)
			found = at;
	}
	if (found != NULL)
		*number = found->id.number;
	pthread_mutex_unlock(&lock);
	return found != NULL ? 0 : -ENOENT;
}

static struct registry_node *
hold(uint32_t number)
{
	struct registry_node *at;

	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(at, &nodes, link) {
		if (at->id.number == number) {
			at->users++;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	return at;
}

static void
let_go(struct registry_node *n)
{
	pthread_mutex_lock(&lock);
	n->users--;
	pthread_mutex_unlock(&lock);
}

int
registry_visit_within(uint32_t number, visit_fn fn, void *arg, uint64_t patience_us)
{
	struct registry_node *n = hold(number);
	int rc;

	if (n == NULL)
		return -ENOENT;
	rc = visit_make(n->box, fn, arg, patience_us);
	let_go(n);
	return rc;
}

int
registry_visit(uint32_t number, visit_fn fn, void *arg)
{
	return registry_visit_within(number, fn, arg, REGISTRY_PATIENCE_US);
}
