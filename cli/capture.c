/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/capture.h"

#include <pcap/pcap.h>
#include <string.h>

#include "cli/problems.h"
#include "cli/term.h"
#include "lib/core/index.h"

#define FLOWS_MAX 1000000

/* One of the two readings: of what these MACs sent, and of all. */
struct gathering {
	struct nbc_capture own, all;
	struct nb_index own_index, all_index;
	const uint8_t (*macs)[6];
	size_t n_macs;
};

static void close_pcap(pcap_t **file)
{
	if (*file)
		pcap_close(*file);
}

static struct nbc_flow *find_flow(
	struct nbc_capture *capture, struct nb_index *index, const struct nb_flow *flow)
{
	const uint32_t hash = (uint32_t)nb_hash_bytes(0, flow, sizeof(*flow));
	struct nbc_flow *found;
	size_t cursor = 0;

	while ((found = nb_index_next(index, hash, &cursor)))
		if (memcmp(&found->flow, flow, sizeof(*flow)) == 0)
			return found;
	if (capture->n_flows >= FLOWS_MAX)
		return NULL;
	found = calloc(1, sizeof(*found));
	if (!found || nb_grow(&capture->flows, capture->n_flows, &capture->capacity,
			      sizeof(*capture->flows)) < 0 || nb_index_add(index, hash, found) < 0)
		nbc_die_of_memory();
	found->flow = *flow;
	capture->flows[capture->n_flows++] = found;
	return found;
}

static void count(struct nbc_capture *capture, struct nb_index *index, const struct nb_flow *flow,
	const struct nb_frame *frame)
{
	struct nbc_flow *found = find_flow(capture, index, flow);

	capture->frames++;
	capture->bytes += frame->length;
	if (!found)
		return;
	if (found->frames == 0) {
		const size_t n = NB_MIN(frame->size, sizeof(found->sample));

		memcpy(found->sample, frame->bytes, n);
		found->frame = *frame;
		found->frame.bytes = found->sample;
		found->frame.size = n;
	}
	found->frames++;
	found->bytes += frame->length;
}

static void take(struct gathering *g, const struct nb_frame *frame)
{
	struct nb_flow flow;
	bool own = false;

	nb_flow_read(frame, &flow);
	for (size_t i = 0; i < g->n_macs; i++)
		own |= memcmp(g->macs[i], flow.src_mac, sizeof(flow.src_mac)) == 0;
	count(&g->all, &g->all_index, &flow, frame);
	if (own)
		count(&g->own, &g->own_index, &flow, frame);
}

static int larger_first(const void *a, const void *b)
{
	const struct nbc_flow *one = *(struct nbc_flow *const *)a, *two = *(struct nbc_flow *const *)b;

	return (one->bytes < two->bytes) - (one->bytes > two->bytes);
}

static int open_file(const struct nbc *nbc, const char *path, pcap_t **ret)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *file = pcap_open_offline(path, why);
	int type;

	if (!file) {
		/* What the library says names some files, and others not. */
		nbc_tell(nbc, "%s%s%s: --flows takes a file that `tcpdump -w` wrote",
			strstr(why, path) == why ? "" : path, strstr(why, path) == why ? "" : ": ", why);
		return -1;
	}
	type = pcap_datalink(file);
	if (type != DLT_EN10MB) {
		nbc_tell(nbc, "%s: captured as %s, without the Ethernet header that hashes are made "
			"of: capture on the bond itself, `tcpdump -i bond0 -s 256 -w FILE`", path,
			pcap_datalink_val_to_name(type) ? pcap_datalink_val_to_name(type) : "?");
		pcap_close(file);
		return -1;
	}
	*ret = file;
	return 0;
}

static int read_frames(const struct nbc *nbc, const char *path, struct gathering *g)
{
	NB_CLEANUP(close_pcap) pcap_t *file = NULL;
	NB_CLEANUP(nb_freep) uint8_t *room = NULL;
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	struct nb_frame frame;
	int r = open_file(nbc, path, &file);

	if (r < 0)
		return r;
	room = malloc((size_t)NB_MAX(pcap_snapshot(file), 65536));
	if (!room)
		nbc_die_of_memory();
	while ((r = pcap_next_ex(file, &header, &bytes)) == 1) {
		const size_t size = NB_MIN(header->caplen, NBC_SAMPLE_BYTES);

		if (nb_frame_init(bytes, size, header->len, room, &frame) == 0)
			take(g, &frame);
	}
	if (r == PCAP_ERROR_BREAK)
		return 0;
	/* The end of a file that is still written. */
	nbc_tell(nbc, "%s: %s%s", path, pcap_geterr(file),
		g->all.frames ? ": what comes before that is taken" : "");
	return g->all.frames ? 0 : -1;
}

int nbc_capture_read(const struct nbc *nbc, const char *path, const uint8_t (*macs)[6],
	size_t n_macs, struct nbc_capture *ret)
{
	struct gathering g = { .macs = macs, .n_macs = n_macs };
	int r = read_frames(nbc, path, &g);

	nb_index_done(&g.own_index);
	nb_index_done(&g.all_index);
	*ret = g.own.frames ? g.own : g.all;
	ret->all = g.own.frames == 0;
	ret->foreign = g.all.frames - ret->frames;
	nbc_capture_done(ret->all ? &g.own : &g.all);
	if (r == 0 && ret->frames == 0) {
		nbc_tell(nbc, "%s: there is no frame in it", path);
		r = -1;
	}
	if (r < 0) {
		nbc_capture_done(ret);
		return r;
	}
	qsort(ret->flows, ret->n_flows, sizeof(*ret->flows), larger_first);
	return 0;
}

void nbc_capture_done(struct nbc_capture *capture)
{
	for (size_t i = 0; i < capture->n_flows; i++)
		free(capture->flows[i]);
	free(capture->flows);
	*capture = (struct nbc_capture){ 0 };
}
