/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Preloaded to User-Mode Linux, its clock becomes a number: it stands still while something is to be done, and jumps
 * to the next timer when the kernel is idle. What a path does to packets then has nothing to do with how fast this
 * machine is, or how busy.
 *
 * The kernel boots in real time, as it waits for ticks meanwhile. It goes over to virtual time for good when something
 * in it makes a folder virtual-time in a folder of the host. No program in it may spin until some time has come.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	NS_PER_S = 1000000000,
	READ_NS = 50, /* a look at the clock takes so long: what waits in a loop gets on */
};

static bool virtual;
static volatile uint64_t now_ns;
static volatile uint64_t deadline_ns; /* 0: the timer is off */
static volatile uint64_t interval_ns; /* 0: it fires once */
static uint64_t epoch_ns;             /* of the other clock, which people read */
static timer_t only_timer;            /* it has one */
static int (*real_settime)(timer_t, int, const struct itimerspec *, struct itimerspec *);
static int (*real_gettime)(timer_t, struct itimerspec *);

static uint64_t
to_ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
}

static struct timespec
of_ns(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
}

static uint64_t
real_ns(clockid_t id)
{
	struct timespec t;

	syscall(SYS_clock_gettime, id, &t);
	return to_ns(&t);
}

__attribute__((constructor)) static void
find_calls(void)
{
	*(void **)&real_settime = dlsym(RTLD_NEXT, "timer_settime");
	*(void **)&real_gettime = dlsym(RTLD_NEXT, "timer_gettime");
}

static void
fire(void)
{
	deadline_ns = interval_ns != 0 ? now_ns + interval_ns : 0;
	kill(getpid(), SIGALRM);
}

static void
go_virtual(void)
{
	struct itimerspec left = { .it_value = { 0 } };
	const struct itimerspec off = { .it_value = { 0 } };

	now_ns = real_ns(CLOCK_MONOTONIC);
	epoch_ns = real_ns(CLOCK_REALTIME) - now_ns;
	real_gettime(only_timer, &left);
	real_settime(only_timer, 0, &off, NULL);
	interval_ns = to_ns(&left.it_interval);
	deadline_ns = to_ns(&left.it_value) != 0 ? now_ns + to_ns(&left.it_value) : 0;
	virtual = true;
}

/* --- what the kernel calls ---------------------------------------------------- */

int
clock_gettime(clockid_t id, struct timespec *out)
{
	uint64_t at_ns;

	if (!virtual)
		return (int)syscall(SYS_clock_gettime, id, out);
	/* One step: a signal that comes meanwhile reads the clock, too. */
	at_ns = __atomic_add_fetch(&now_ns, READ_NS, __ATOMIC_RELAXED);
	*out = of_ns(id == CLOCK_REALTIME ? at_ns + epoch_ns : at_ns);
	if (deadline_ns != 0 && at_ns >= deadline_ns)
		fire();
	return 0;
}

int
timer_settime(timer_t timer, int flags, const struct itimerspec *to, struct itimerspec *was)
{
	only_timer = timer;
	if (!virtual)
		return real_settime(timer, flags, to, was);
	interval_ns = to_ns(&to->it_interval);
	deadline_ns = to_ns(&to->it_value) != 0 ? now_ns + to_ns(&to->it_value) : 0;
	return 0;
}

int
timer_gettime(timer_t timer, struct itimerspec *out)
{
	if (!virtual)
		return real_gettime(timer, out);
	out->it_interval = of_ns(interval_ns);
	out->it_value = of_ns(deadline_ns == 0     ? 0 :
			      deadline_ns > now_ns ? deadline_ns - now_ns :
						     1);
	return 0;
}

/* Idle. */
int
sigsuspend(const sigset_t *mask)
{
	if (virtual && deadline_ns != 0) {
		if (now_ns < deadline_ns)
			now_ns = deadline_ns;
		fire(); /* it is blocked until now */
	}
	return (int)syscall(SYS_rt_sigsuspend, mask, _NSIG / 8);
}

int
mkdir(const char *path, mode_t mode)
{
	const char *name = strrchr(path, '/');

	if (!virtual && name != NULL && strcmp(name, "/virtual-time") == 0)
		go_virtual();
	return (int)syscall(SYS_mkdir, path, mode);
}
