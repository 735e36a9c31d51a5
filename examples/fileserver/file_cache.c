/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "file_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct entry {
	TAILQ_ENTRY(entry) by_use;
	LIST_ENTRY(entry) in_slot;
	struct shared_file *file; /* one reference */
	uint64_t used_us;
	uint64_t looked_us;
	uint64_t hash;
	uint32_t change; /* of the cache's, when it was looked at */
	char path[];
};

LIST_HEAD(slot, entry);
TAILQ_HEAD(entries, entry);

struct file_cache {
	struct file_cache_conf conf;
	struct slot *slots;
	uint64_t mask;
	struct entries by_use; /* the longest unused first */
	uint32_t nb_files;
	uint32_t change; /* how often something was said to have changed */
	uint64_t bytes;
};

struct file_cache *
file_cache_create(const struct file_cache_conf *conf)
{
	struct file_cache *c = calloc(1, sizeof(*c));
	uint64_t nb_slots = 1;

	if (c == NULL)
		return NULL;
	while (nb_slots < conf->max_files)
		nb_slots *= 2;
	c->conf = *conf;
	c->mask = nb_slots - 1;
	c->slots = calloc(nb_slots, sizeof(*c->slots));
	if (c->slots == NULL) {
		free(c);
		return NULL;
	}
	TAILQ_INIT(&c->by_use);
	return c;
}

/* FNV-1a. It is the server's files whose names could meet, and no more than max_files of them. */
static uint64_t
hash_of(const char *path)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *path != '\0'; path++)
		h = (h ^ (uint8_t)*path) * UINT64_C(0x100000001b3);
	return h;
}

static struct entry *
find(const struct file_cache *c, const char *path, uint64_t hash)
{
	struct entry *e;

	LIST_FOREACH(e, &c->slots[hash & c->mask], in_slot)
		if (e->hash == hash && strcmp(e->path, path) == 0)
			return e;
	return NULL;
}

void
file_cache_put(struct file_cache *c, struct shared_file *f)
{
	if (--f->refs > 0)
		return;
	if (f->memory != NULL)
		c->bytes -= f->size;
	if (f->handle != NULL)
		c->conf.release(f->handle);
	shared_file_free(f);
}

static void
drop(struct file_cache *c, struct entry *e)
{
	TAILQ_REMOVE(&c->by_use, e, by_use);
	LIST_REMOVE(e, in_slot);
	c->nb_files--;
	file_cache_put(c, e->file);
	free(e);
}

static bool
is_being_sent(const struct entry *e)
{
	return e->file->refs > 1;
}

/* Descriptors or memory are used up: the longest unused one that gives some back goes. */
static bool
drop_unused(struct file_cache *c)
{
	struct entry *e;

	TAILQ_FOREACH(e, &c->by_use, by_use)
		if (!is_being_sent(e)) {
			drop(c, e);
			return true;
		}
	return false;
}

static int
open_file(struct file_cache *c, const char *path, struct shared_file **out)
{
	int status = shared_file_open(c->conf.root_fd, path, out);

	if (status == 503 && drop_unused(c))
		status = shared_file_open(c->conf.root_fd, path, out);
	return status;
}

/* --- bytes in memory ---------------------------------------------------------- */

/* Room for so many bytes, where those who were not asked for lately suffice to make it. */
static bool
make_room(struct file_cache *c, uint64_t size, uint64_t now_us)
{
	struct entry *e, *next;

	if (size > c->conf.max_bytes)
		return false;
	for (e = TAILQ_FIRST(&c->by_use); e != NULL && c->bytes > c->conf.max_bytes - size;
	     e = next) {
		next = TAILQ_NEXT(e, by_use);
		if (now_us - e->used_us < FILE_CACHE_LOOK_US)
			break;
		if (e->file->memory != NULL && !is_being_sent(e))
			drop(c, e);
	}
	return c->bytes <= c->conf.max_bytes - size;
}

static void
load_begin(struct file_cache *c, struct shared_file *f, uint64_t now_us)
{
	if (f->memory == NULL && f->size > 0 && make_room(c, f->size, now_us) &&
	    shared_file_load_begin(f))
		c->bytes += f->size;
}

static void
load(struct file_cache *c, struct shared_file *f)
{
	if (shared_file_load(f) == SHARED_FILE_CHANGED)
		c->bytes -= f->size;
}

/* --- names -------------------------------------------------------------------- */

static int
add(struct file_cache *c, const char *path, uint64_t hash, uint64_t now_us, struct entry **out)
{
	size_t len = strlen(path) + 1;
	struct entry *e = malloc(sizeof(*e) + len);
	int status;

	if (e == NULL)
		return 503;
	*e = (struct entry){ .hash = hash, .looked_us = now_us, .change = c->change };
	memcpy(e->path, path, len);
	status = open_file(c, path, &e->file);
	if (status != 200) {
		free(e);
		return status;
	}
	if (c->nb_files == c->conf.max_files)
		drop(c, TAILQ_FIRST(&c->by_use));
	TAILQ_INSERT_TAIL(&c->by_use, e, by_use);
	LIST_INSERT_HEAD(&c->slots[hash & c->mask], e, in_slot);
	c->nb_files++;
	*out = e;
	return 200;
}

/* Is it still the file of that name? What is no file any more, or may not be read, is dropped. */
static int
look(struct file_cache *c, struct entry *e, uint64_t now_us)
{
	struct shared_file *found;
	int status;

	/* It would not be among those that are dropped to make room for it. */
	e->file->refs++;
	status = open_file(c, e->path, &found);
	file_cache_put(c, e->file);
	if (status != 200) {
		if (status != 503)
			drop(c, e);
		return status;
	}
	e->looked_us = now_us;
	e->change = c->change;
	if (shared_file_same(e->file, found)) {
		file_cache_put(c, found);
		load_begin(c, e->file, now_us);
	} else {
		file_cache_put(c, e->file);
		e->file = found;
	}
	return 200;
}

int
file_cache_open(struct file_cache *c, const char *path, uint64_t now_us, struct shared_file **out)
{
	uint64_t hash = hash_of(path);
	struct entry *e;
	int status = 200;

	if (c->conf.max_files == 0)
		return shared_file_open(c->conf.root_fd, path, out);
	e = find(c, path, hash);
	if (e == NULL)
		status = add(c, path, hash, now_us, &e);
	else if (now_us - e->looked_us >= FILE_CACHE_LOOK_US || e->change != c->change)
		status = look(c, e, now_us);
	if (status != 200)
		return status;
	if (shared_file_is_loading(e->file))
		load(c, e->file);
	e->used_us = now_us;
	TAILQ_REMOVE(&c->by_use, e, by_use);
	TAILQ_INSERT_TAIL(&c->by_use, e, by_use);
	e->file->refs++;
	*out = e->file;
	return 200;
}

void
file_cache_look(struct file_cache *c)
{
	c->change++;
}

void
file_cache_sweep(struct file_cache *c, uint64_t now_us)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&c->by_use)) != NULL && now_us - e->used_us >= FILE_CACHE_KEEP_US)
		drop(c, e);
}

uint32_t
file_cache_files(const struct file_cache *c)
{
	return c->nb_files;
}

uint64_t
file_cache_bytes(const struct file_cache *c)
{
	return c->bytes;
}

void
file_cache_destroy(struct file_cache *c)
{
	struct entry *e;

	if (c == NULL)
		return;
	while ((e = TAILQ_FIRST(&c->by_use)) != NULL)
		drop(c, e);
	free(c->slots);
	free(c);
}
