/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/monitor.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/core/util.h"
#include "lib/nl/events.h"
#include "lib/nl/netns.h"

#define BUDGET 256 /* notifications taken in one turn of the loop */
/* Who is woken that often within that time waits for its end: many notifications, one wakeup. */
#define STORM_WAKEUPS 4
#define STORM_USEC 5000 /* what the kernel can tell in it fits into the receive buffer */

struct ear {
	struct nbd_monitor *monitor;
	char *name;
	uint64_t inode;
	struct nb_events *events;
	sd_event_source *source;
	unsigned deaf; /* so many watches until it is opened anew; 0: it hears */
};

struct nbd_monitor {
	sd_event *event;
	const struct nb_netns_provider *provider;
	nbd_monitor_changed changed;
	void *context;
	struct ear **ears;
	size_t n_ears, capacity;
	sd_event_source *pins;
};

static struct ear *ear_free(struct ear *ear)
{
	if (!ear)
		return NULL;
	sd_event_source_disable_unref(ear->source);
	nb_events_free(ear->events);
	free(ear->name);
	free(ear);
	return NULL;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct ear *ear = userdata;
	struct nb_touches touches = { 0 };
	unsigned seen;
	int n = nb_events_read(ear->events, BUDGET, &seen, &touches);

	if (n < 0) {
		/* Not with the watch that this causes: who goes deaf each time would spin. */
		ear->deaf = 2;
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		seen = NB_EVENTS_LOST;
		nb_touches_all(&touches);
	}
	if (seen)
		ear->monitor->changed(ear->monitor->context,
			seen & NB_EVENTS_LOST ? "overrun" : "event", &touches);
	nb_touches_done(&touches);
	return 0;
}

static uint64_t inode_of(const char *name)
{
	uint64_t inode = 0;
	int fd;

	if (nb_netns_open(name, &fd, &inode) == 0)
		close(fd);
	return inode;
}

static void close_ear(struct nbd_monitor *monitor, size_t i)
{
	ear_free(monitor->ears[i]);
	monitor->ears[i] = monitor->ears[--monitor->n_ears];
}

/* A namespace lives as long as somebody listens in it, and its NICs come home when it ends. */
static void close_stale(struct nbd_monitor *monitor)
{
	for (size_t i = monitor->n_ears; i-- > 0;) {
		const struct ear *ear = monitor->ears[i];

		if (*ear->name && inode_of(ear->name) != ear->inode)
			close_ear(monitor, i);
	}
}

static int on_pins(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct nbd_monitor *monitor = userdata;

	/* It is another folder that comes in its place. */
	if (event->mask & (IN_IGNORED | IN_UNMOUNT | IN_MOVE_SELF))
		monitor->pins = sd_event_source_disable_unref(monitor->pins);
	close_stale(monitor);
	monitor->changed(monitor->context, "namespace", &(struct nb_touches){ .all = true });
	return 0;
}

/* Without the folder there is no namespace to lose; it is looked for again with each watch. */
static void watch_pins(struct nbd_monitor *monitor)
{
	const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_MOVE_SELF |
		IN_ONLYDIR;

	if (!monitor->pins)
		sd_event_add_inotify(
			monitor->event, &monitor->pins, NB_NETNS_DIR, mask, on_pins, monitor);
}

int nbd_monitor_new(sd_event *event, const struct nb_netns_provider *provider,
	nbd_monitor_changed changed, void *context, struct nbd_monitor **ret)
{
	struct nbd_monitor *monitor = calloc(1, sizeof(*monitor));

	if (!monitor)
		return -ENOMEM;
	monitor->event = event;
	monitor->provider = provider;
	monitor->changed = changed;
	monitor->context = context;
	watch_pins(monitor);
	*ret = monitor;
	return 0;
}

struct nbd_monitor *nbd_monitor_free(struct nbd_monitor *monitor)
{
	if (!monitor)
		return NULL;
	for (size_t i = 0; i < monitor->n_ears; i++)
		ear_free(monitor->ears[i]);
	free(monitor->ears);
	sd_event_source_disable_unref(monitor->pins);
	free(monitor);
	return NULL;
}

/* Return: 1; a negative errno. */
static int open_ear(struct nbd_monitor *monitor, const char *name)
{
	struct ear *ear = calloc(1, sizeof(*ear));
	int r = -ENOMEM;

	if (!ear || nb_grow(&monitor->ears, monitor->n_ears, &monitor->capacity, sizeof(ear)) < 0)
		goto fail;
	ear->monitor = monitor;
	ear->name = strdup(name);
	if (!ear->name)
		goto fail;
	r = nb_events_open(monitor->provider, name, &ear->inode, &ear->events);
	if (r == 0)
		r = sd_event_add_io(monitor->event, &ear->source, nb_events_fd(ear->events),
			EPOLLIN, on_readable, ear);
	/* Before the work it causes: many notifications become one observation. */
	if (r >= 0)
		r = sd_event_source_set_priority(ear->source, SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0)
		r = sd_event_source_set_ratelimit(ear->source, STORM_USEC, STORM_WAKEUPS);
	if (r < 0)
		goto fail;
	monitor->ears[monitor->n_ears++] = ear;
	return 1;
fail:
	ear_free(ear);
	return r;
}

static bool is_named(char *const *names, size_t n, const struct ear *ear)
{
	for (size_t i = 0; i < n; i++) {
		if (nb_streq(names[i], ear->name))
			return !*ear->name || inode_of(ear->name) == ear->inode;
	}
	return false;
}

static bool is_to_be_replaced(struct ear *ear)
{
	return ear->deaf && --ear->deaf == 0;
}

static bool is_open(const struct nbd_monitor *monitor, const char *name)
{
	for (size_t i = 0; i < monitor->n_ears; i++) {
		if (nb_streq(monitor->ears[i]->name, name))
			return true;
	}
	return false;
}

int nbd_monitor_watch(struct nbd_monitor *monitor, char *const *names, size_t n)
{
	int opened = 0, r = 0;

	watch_pins(monitor);
	for (size_t i = monitor->n_ears; i-- > 0;) {
		if (is_named(names, n, monitor->ears[i]) && !is_to_be_replaced(monitor->ears[i]))
			continue;
		close_ear(monitor, i);
	}
	/* One that cannot be opened keeps nobody from listening in the others. */
	for (size_t i = 0; i < n; i++) {
		int k = is_open(monitor, names[i]) ? 0 : open_ear(monitor, names[i]);

		opened += k > 0;
		if (r == 0 && k < 0 && !(k == -ENOENT && *names[i]))
			r = k;
	}
	/* The error comes with the next call: who hears of new ones looks again. */
	return opened ? opened : r;
}

void nbd_monitor_drain(struct nbd_monitor *monitor, struct nb_touches *touches)
{
	for (size_t i = 0; i < monitor->n_ears; i++) {
		unsigned seen = NB_EVENTS_MORE;

		while (seen & NB_EVENTS_MORE) {
			if (nb_events_read(monitor->ears[i]->events, BUDGET, &seen, touches) < 0) {
				nb_touches_all(touches);
				break;
			}
		}
	}
}
