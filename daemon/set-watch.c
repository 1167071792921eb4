/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/set-watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/core/touch.h"
#include "lib/nl/netns.h"
#include "lib/nl/nstype.h"

struct watch {
	struct nbd_set_watches *watches;
	char *name;
	bool wanted;
	sd_event_source *pins, *holder;
};

struct nbd_set_watches {
	sd_event *event;
	const struct nb_netns_provider *provider;
	nbd_monitor_changed changed;
	void *context;
	struct watch **items;
	size_t n, capacity;
	sd_event_source *mnt; /* the one folder of all pins of that type */
};

static struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->pins);
	sd_event_source_disable_unref(watch->holder);
	free(watch->name);
	free(watch);
	return NULL;
}

static int on_pins(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct nbd_set_watches *watches = userdata;

	watches->changed(watches->context, "namespace", &(struct nb_touches){ .all = true });
	return 0;
}

/* Its folder went, or it is the folder's own end: it is looked for again at the next update. */
static int on_set(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct watch *watch = userdata;

	if (event->mask & (IN_DELETE_SELF | IN_IGNORED))
		watch->pins = sd_event_source_disable_unref(watch->pins);
	watch->watches->changed(watch->watches->context, "namespace", &(struct nb_touches){ .all = true });
	return 0;
}

static int on_holder(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct watch *watch = userdata;

	watch->holder = sd_event_source_disable_unref(watch->holder);
	watch->watches->changed(watch->watches->context, "namespace", &(struct nb_touches){ .all = true });
	return 0;
}

static int watch_holder(struct watch *watch)
{
	const struct nb_netns_provider *provider = watch->watches->provider;
	int fd, r = provider->holder(provider->context, watch->name, &fd);

	if (r < 0)
		return r;
	r = sd_event_add_io(
		watch->watches->event, &watch->holder, fd, EPOLLIN, on_holder, watch);
	if (r < 0) {
		close(fd);
		return r;
	}
	return sd_event_source_set_io_fd_own(watch->holder, true);
}

#define PIN_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR)

/* Return: 1 something is newly watched, else 0. */
static int watch_set(struct watch *watch, const struct nb_netns_spec *spec)
{
	const bool pins = watch->pins, holder = watch->holder;
	char path[sizeof(NB_NSTYPE_DIR) + 256];

	snprintf(path, sizeof(path), NB_NSTYPE_DIR "/%s", watch->name);
	if (!watch->pins)
		sd_event_add_inotify(watch->watches->event, &watch->pins, path,
			PIN_EVENTS | IN_DELETE_SELF, on_set, watch);
	if (!nb_netns_spec_has(spec, NB_NS_PID))
		watch->holder = sd_event_source_disable_unref(watch->holder);
	else if (!watch->holder)
		watch_holder(watch);
	return (watch->pins && !pins) || (watch->holder && !holder);
}

static struct watch *find(struct nbd_set_watches *watches, const char *name)
{
	struct watch *watch;

	for (size_t i = 0; i < watches->n; i++) {
		if (nb_streq(watches->items[i]->name, name))
			return watches->items[i];
	}
	watch = calloc(1, sizeof(*watch));
	if (!watch || !(watch->name = strdup(name)) ||
		nb_grow(&watches->items, watches->n, &watches->capacity, sizeof(watch)) < 0)
		return watch_free(watch);
	watch->watches = watches;
	watches->items[watches->n++] = watch;
	return watch;
}

static void drop_unwanted(struct nbd_set_watches *watches)
{
	for (size_t i = watches->n; i-- > 0;) {
		if (watches->items[i]->wanted)
			continue;
		watch_free(watches->items[i]);
		watches->items[i] = watches->items[--watches->n];
	}
}

int nbd_set_watches_update(struct nbd_set_watches *watches, const struct nb_config *config)
{
	bool any = false;
	int n = 0;

	for (size_t i = 0; i < watches->n; i++)
		watches->items[i]->wanted = false;
	for (size_t i = 0; i < config->n_namespaces; i++) {
		const struct nb_netns_spec *spec = &config->namespaces[i];
		struct watch *watch;

		if (nb_netns_spec_is_plain(spec))
			continue;
		watch = find(watches, spec->name);
		if (!watch)
			return -ENOMEM;
		watch->wanted = any = true;
		n += watch_set(watch, spec);
	}
	drop_unwanted(watches);
	if (!any)
		watches->mnt = sd_event_source_disable_unref(watches->mnt);
	else if (!watches->mnt)
		sd_event_add_inotify(watches->event, &watches->mnt, NB_NSTYPE_MNT_DIR, PIN_EVENTS,
			on_pins, watches);
	return n;
}

int nbd_set_watches_new(sd_event *event, const struct nb_netns_provider *provider,
	nbd_monitor_changed changed, void *context, struct nbd_set_watches **ret)
{
	struct nbd_set_watches *watches = calloc(1, sizeof(*watches));

	if (!watches)
		return -ENOMEM;
	watches->event = event;
	watches->provider = provider;
	watches->changed = changed;
	watches->context = context;
	*ret = watches;
	return 0;
}

struct nbd_set_watches *nbd_set_watches_free(struct nbd_set_watches *watches)
{
	if (!watches)
		return NULL;
	for (size_t i = 0; i < watches->n; i++)
		watch_free(watches->items[i]);
	free(watches->items);
	sd_event_source_disable_unref(watches->mnt);
	free(watches);
	return NULL;
}
