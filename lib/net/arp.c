/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/arp.h"

#include <errno.h>

#include "core/bytes.h"

int
arp_table_init(struct arp_table *t, struct arp_entry *entries, size_t n,
	       const uint8_t key[SIPHASH_KEY_LEN])
{
	if (n < ARP_WAYS || n > UINT32_MAX || (n & (n - 1)) != 0)
		return -EINVAL;
	*t = (struct arp_table){
		.entries = entries,
		.set_mask = (uint32_t)(n / ARP_WAYS - 1),
	};
	memcpy(t->key, key, SIPHASH_KEY_LEN);
	memset(entries, 0, n * sizeof(*entries));
	return 0;
}

static struct arp_entry *
arp_set(const struct arp_table *t, uint32_t ip)
{
	uint8_t b[4];

	put_be32(b, ip);
	return &t->entries[((uint32_t)siphash13(t->key, b, sizeof(b)) & t->set_mask) * ARP_WAYS];
}

static struct arp_entry *
arp_find(const struct arp_table *t, uint32_t ip)
{
	struct arp_entry *set = arp_set(t, ip);

	for (uint32_t i = 0; i < ARP_WAYS; i++)
		if (set[i].state != ARP_FREE && set[i].ip == ip)
			return &set[i];
	return NULL;
}

static void
arp_fresh(struct arp_entry *e, uint64_t now_us)
{
	e->state = ARP_FRESH;
	e->confirmed_us = now_us;
	e->tries = 0;
	e->doubted = false;
	e->has_other = false;
}

/* The transitions that time makes. */
static void
arp_age(struct arp_table *t, struct arp_entry *e, uint64_t now_us)
{
	if (e->state == ARP_FRESH && now_us >= e->confirmed_us + ARP_REACHABLE_US) {
		e->state = ARP_STALE;
	} else if (e->has_other && now_us >= e->asked_us + ARP_DOUBT_US) {
		memcpy(e->mac, e->other, NET_MAC_LEN);
		arp_fresh(e, now_us);
		t->changes++;
	}
}

/* Whatever came in between: a stranger's packets can set tries back, not what was asked. */
static bool
arp_asked_lately(const struct arp_entry *e, uint64_t now_us)
{
	return (e->tries > 0 || e->asked_us > 0) && now_us < e->asked_us + ARP_RETRY_US;
}

/* What a set offers to a newcomer. */
struct arp_victims {
	struct arp_entry *vacant;
	struct arp_entry *incomplete; /* the one asked for longest ago, not lately */
	struct arp_entry *stale;      /* the one used longest ago, not asked lately */
	uint32_t n_incomplete;
};

static struct arp_victims
arp_victims(struct arp_table *t, struct arp_entry *set, uint64_t now_us)
{
	struct arp_victims v = { 0 };

	for (uint32_t i = 0; i < ARP_WAYS; i++) {
		struct arp_entry *e = &set[i];

		arp_age(t, e, now_us);
		switch ((enum arp_state)e->state) {
		case ARP_FREE:
			v.vacant = e;
			break;
		case ARP_INCOMPLETE:
			v.n_incomplete++;
			if (!arp_asked_lately(e, now_us) &&
			    (v.incomplete == NULL || e->asked_us < v.incomplete->asked_us))
				v.incomplete = e;
			break;
		case ARP_FRESH:
			break;
		case ARP_STALE:
			if (!arp_asked_lately(e, now_us) &&
			    (v.stale == NULL || e->used_us < v.stale->used_us))
				v.stale = e;
			break;
		}
	}
	return v;
}

/*
 * An entry for an address that has none, in the state given, or NULL. One that
 * was asked for gives way only when its request is older than ARP_RETRY_US, so
 * that a flood of addresses cannot make us ask for any of them more often.
 */
static struct arp_entry *
arp_take(struct arp_table *t, uint32_t ip, enum arp_state state, uint64_t now_us)
{
	struct arp_victims v = arp_victims(t, arp_set(t, ip), now_us);
	struct arp_entry *e = v.vacant;

	if (state == ARP_INCOMPLETE && v.n_incomplete >= ARP_INCOMPLETE_MAX)
		e = v.incomplete;
	else if (e == NULL)
		e = v.incomplete != NULL ? v.incomplete : v.stale;
	if (e == NULL)
		return NULL;
	if (e->state == ARP_STALE)
		t->changes++;
	*e = (struct arp_entry){ .ip = ip, .state = (uint8_t)state, .used_us = now_us };
	return e;
}

static void
arp_ask(struct arp_entry *e, uint64_t now_us)
{
	e->tries++;
	e->asked_us = now_us;
}

static struct arp_answer
arp_answer_incomplete(struct arp_entry *e, uint64_t now_us)
{
	struct arp_answer a = { .verdict = ARP_RESOLVE, .again_us = now_us + ARP_RETRY_US };
	uint64_t retry_us = e->asked_us + ARP_RETRY_US;

	if (arp_asked_lately(e, now_us)) {
		a.verdict = ARP_WAIT;
		a.again_us = retry_us;
		return a;
	}
	if (e->tries >= ARP_BROADCAST_TRIES) {
		if (now_us < retry_us + ARP_FAILED_US) {
			a.verdict = ARP_FAILED;
			a.again_us = retry_us + ARP_FAILED_US;
			return a;
		}
		e->tries = 0;
	}
	arp_ask(e, now_us);
	return a;
}

static struct arp_answer
arp_answer_stale(struct arp_table *t, struct arp_entry *e, uint64_t now_us)
{
	struct arp_answer a = { .verdict = ARP_FOUND, .again_us = UINT64_MAX };

	if (e->has_other)
		a.again_us = e->asked_us + ARP_DOUBT_US;
	else if (e->doubted)
		a.again_us = now_us + ARP_DOUBT_US;
	if (!arp_asked_lately(e, now_us)) {
		if (e->tries == ARP_UNICAST_TRIES + ARP_BROADCAST_TRIES) {
			e->state = ARP_INCOMPLETE;
			e->tries = ARP_BROADCAST_TRIES;
			e->doubted = false;
			e->has_other = false;
			t->changes++;
			return arp_answer_incomplete(e, now_us);
		}
		arp_ask(e, now_us);
		a.verdict = e->tries <= ARP_UNICAST_TRIES ? ARP_FOUND_ASK : ARP_FOUND_ASK_ALL;
	}
	memcpy(a.mac, e->mac, NET_MAC_LEN);
	return a;
}

struct arp_answer
arp_lookup(struct arp_table *t, uint32_t ip, uint64_t now_us)
{
	struct arp_answer a = { .verdict = ARP_WAIT, .again_us = now_us + ARP_RETRY_US };
	struct arp_entry *e = arp_find(t, ip);

	if (e == NULL)
		e = arp_take(t, ip, ARP_INCOMPLETE, now_us);
	if (e == NULL)
		return a;
	e->used_us = now_us;
	arp_age(t, e, now_us);
	switch ((enum arp_state)e->state) {
	case ARP_FREE: /* neither found nor taken */
		break;
	case ARP_INCOMPLETE:
		return arp_answer_incomplete(e, now_us);
	case ARP_FRESH:
		a.verdict = ARP_FOUND;
		a.again_us = UINT64_MAX;
		memcpy(a.mac, e->mac, NET_MAC_LEN);
		break;
	case ARP_STALE:
		return arp_answer_stale(t, e, now_us);
	}
	return a;
}

void
arp_confirm(struct arp_table *t, uint32_t ip, uint64_t now_us)
{
	struct arp_entry *e = arp_find(t, ip);

	if (e == NULL)
		return;
	arp_age(t, e, now_us);
	/* What TCP heard just now may be the answer to what went before the neighbour moved. */
	if (e->doubted && (e->has_other || now_us < e->doubted_us + ARP_DOUBT_US))
		return;
	if (e->state == ARP_FRESH || e->state == ARP_STALE)
		arp_fresh(e, now_us);
}

void
arp_suspect(struct arp_table *t, uint32_t ip)
{
	struct arp_entry *e = arp_find(t, ip);

	if (e != NULL && e->state == ARP_FRESH)
		e->state = ARP_STALE;
}

/*
 * Another MAC is claimed for a neighbour: by whoever likes, or in answer to our question, which is
 * remembered. A FRESH one is not asked for more often than others, so it is not doubted more often.
 */
static enum arp_act
arp_conflict(struct arp_table *t, struct arp_entry *e, const uint8_t *mac, bool answer,
	     uint64_t now_us)
{
	bool lately = arp_asked_lately(e, now_us);

	if (e->state == ARP_FRESH && lately)
		return ARP_REFUSED;
	if (!e->doubted) {
		e->state = ARP_STALE;
		e->doubted = true;
		e->doubted_us = now_us;
		t->changes++;
	} else if (answer && !e->has_other && e->asked_us >= e->doubted_us) {
		/* To a question that the neighbour could answer, too, since it is in doubt. */
		memcpy(e->other, mac, NET_MAC_LEN);
		e->has_other = true;
	}
	/* The rest of its requests go to everybody. */
	if (e->tries < ARP_UNICAST_TRIES)
		e->tries = ARP_UNICAST_TRIES;
	if (lately || e->tries == ARP_UNICAST_TRIES + ARP_BROADCAST_TRIES)
		return ARP_REFUSED;
	arp_ask(e, now_us);
	return ARP_DOUBTED;
}

/*
 * RFC 826's merge, with one exception: the MAC of a neighbour stays. Only the
 * answer to a question of ours proves that the neighbour can be reached.
 */
static enum arp_act
arp_merge(struct arp_table *t, struct arp_entry *e, const uint8_t *mac, bool answers,
	  uint64_t now_us)
{
	bool answer = answers && e->tries > 0;

	arp_age(t, e, now_us);
	if (e->state != ARP_INCOMPLETE) {
		if (memcmp(e->mac, mac, NET_MAC_LEN) != 0)
			return arp_conflict(t, e, mac, answer, now_us);
		if (answer)
			arp_fresh(e, now_us);
		return ARP_IGNORED;
	}
	if (answer) {
		arp_fresh(e, now_us);
	} else {
		e->state = ARP_STALE;
		e->tries = 0;
	}
	memcpy(e->mac, mac, NET_MAC_LEN);
	t->changes++;
	return ARP_LEARNED;
}

/* A neighbour without an entry that asks for us will be talked to: RFC 826. */
static enum arp_act
arp_add(struct arp_table *t, uint32_t ip, const uint8_t *mac, uint64_t now_us)
{
	struct arp_entry *e = arp_take(t, ip, ARP_STALE, now_us);

	if (e == NULL)
		return ARP_IGNORED;
	memcpy(e->mac, mac, NET_MAC_LEN);
	t->changes++;
	return ARP_LEARNED;
}

static const struct arp_own *
arp_own_find(const struct arp_own *own, uint32_t n_own, uint32_t ip)
{
	for (uint32_t i = 0; i < n_own; i++)
		if (own[i].ip == ip)
			return &own[i];
	return NULL;
}

struct arp_action
arp_input(struct arp_table *t, const struct arp_own *own, uint32_t n_own, const uint8_t *pkt,
	  uint32_t len, uint64_t now_us)
{
	struct arp_action a = { .act = ARP_IGNORED };
	const struct arp_own *target;
	struct arp_packet p;
	struct arp_entry *e;

	if (arp_packet_parse(pkt, len, &p) != 0) {
		a.act = ARP_BAD;
		return a;
	}
	a.ip = p.sender_ip;
	memcpy(a.mac, p.sender_mac, NET_MAC_LEN);
	if (arp_own_find(own, n_own, p.sender_ip) != NULL) {
		a.act = ARP_CONFLICT;
		a.own_ip = p.sender_ip;
		return a;
	}
	target = arp_own_find(own, n_own, p.target_ip);
	if (target != NULL && p.op == ARP_OP_REQUEST) {
		a.reply = true;
		a.own_ip = target->ip;
	}
	if (p.sender_ip == 0)
		return a;
	e = arp_find(t, p.sender_ip);
	if (e != NULL)
		a.act = arp_merge(t, e, p.sender_mac, target != NULL && p.op == ARP_OP_REPLY,
				  now_us);
	else if (a.reply && net_v4_same_subnet(p.sender_ip, target->ip, target->netmask) &&
		 net_v4_is_host(p.sender_ip, target->netmask))
		a.act = arp_add(t, p.sender_ip, p.sender_mac, now_us);
	return a;
}

uint32_t
arp_write_request(uint8_t *out, const uint8_t own_mac[NET_MAC_LEN], uint32_t own_ip, uint32_t ip,
		  const uint8_t *dst_mac)
{
	static const uint8_t everybody[NET_MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct arp_packet p = { .op = ARP_OP_REQUEST, .sender_ip = own_ip, .target_ip = ip };

	memcpy(p.sender_mac, own_mac, NET_MAC_LEN);
	return arp_packet_write(&p, dst_mac != NULL ? dst_mac : everybody, out);
}

uint32_t
arp_write_reply(uint8_t *out, const uint8_t own_mac[NET_MAC_LEN], const struct arp_action *a)
{
	struct arp_packet p = { .op = ARP_OP_REPLY, .sender_ip = a->own_ip, .target_ip = a->ip };

	memcpy(p.sender_mac, own_mac, NET_MAC_LEN);
	memcpy(p.target_mac, a->mac, NET_MAC_LEN);
	return arp_packet_write(&p, a->mac, out);
}
