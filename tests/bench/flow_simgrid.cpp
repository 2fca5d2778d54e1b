// flow_simgrid WORKLOAD.csv FINISH.csv [STEPS]: the flows of tests/bench/flow.c by SimGrid 3.32, its mailbox communications; prints seconds
// of processor time from the first communication to the last end. Links of no latency, no correction factors, cross traffic off:
// plain max-min fairness. With STEPS the ring of tests/bench/flow.c, an actor a host. --cfg=network/optim:Full or Lazy chooses the update.
#include <simgrid/s4u.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <string>
#include <vector>

namespace sg = simgrid::s4u;

struct flow {
    int src, dst;
    double bytes, end;
};

int main(int argc, char **argv) {
    sg::Engine engine(&argc, argv);
    for (const char *set : {"network/model:CM02", "network/crosstraffic:0", "network/bandwidth-factor:1", "network/latency-factor:1",
                            "network/weight-S:0", "network/TCP-gamma:1e30", "maxmin/precision:1e-12", "surf/precision:1e-12", "contexts/stack-size:16"})
        sg::Engine::set_config(set);
    if (argc < 3)
        return 2;
    auto *zone = sg::create_full_zone("z");
    std::vector<sg::Host *> hosts;
    const int steps = argc > 3 ? atoi(argv[3]) : 0, n_host = steps > 0 ? 4096 : 1024, n_link = 4 * n_host;
    for (int i = 0; i < n_host; i++)
        hosts.push_back(zone->create_host("h" + std::to_string(i), 1e9));
    std::vector<sg::Link *> links;
    for (int i = 0; i < n_link; i++)
        links.push_back(zone->create_link("l" + std::to_string(i), 5e10)->set_latency(0)->seal());
    FILE *in = fopen(argv[1], "r");
    char line[512];
    std::vector<flow> flows;
    std::set<long> routed;
    if (!in || !fgets(line, sizeof line, in))
        return 1;
    while (fgets(line, sizeof line, in)) {
        flow f{0, 0, 0, 0};
        int at = 0, link, more;
        if (sscanf(line, "%d,%d,%lf,0,%n", &f.src, &f.dst, &f.bytes, &at) != 3)
            return 1;
        std::vector<sg::LinkInRoute> route;
        for (; sscanf(line + at, "%d%n", &link, &more) == 1; at += more)
            route.emplace_back(links[link]);
        if (routed.insert(f.src * 4096L + f.dst).second)
            zone->add_route(hosts[f.src]->get_netpoint(), hosts[f.dst]->get_netpoint(), nullptr, nullptr, route, false);
        flows.push_back(f);
    }
    fclose(in);
    zone->seal();
    // One actor a host posts all that it sends and receives, then waits for one after the other (to wait for any costs
    // as much as the communications themselves, and detached ones are searched for at each end).
    std::vector<flow *> boxes(flows.size());
    std::vector<std::vector<int>> sends(n_host), receives(n_host);
    for (size_t i = 0; i < flows.size(); i++) {
        sends[flows[i].src].push_back(i);
        receives[flows[i].dst].push_back(i);
    }
    for (int h = 0; steps > 0 && h < n_host; h++)
        sg::Actor::create("a" + std::to_string(h), hosts[h], [&, h]() {
            auto *out = sg::Mailbox::by_name(std::to_string(flows[h].dst)), *in = sg::Mailbox::by_name(std::to_string(h));
            flow *box;
            for (int step = 0; step < steps; step++) {
                sg::CommPtr sent = out->put_async(&flows[h], flows[h].bytes), got = in->get_async<flow>(&box);
                got->wait();
                sent->wait();
                flows[h].end = sent->get_finish_time();
            }
        });
    for (int h = 0; steps == 0 && h < n_host; h++)
        sg::Actor::create("a" + std::to_string(h), hosts[h], [&, h]() {
            std::vector<sg::CommPtr> sent, in_flight;
            for (int i : sends[h])
                sent.push_back(sg::Mailbox::by_name(std::to_string(i))->put_async(&flows[i], flows[i].bytes));
            for (int i : receives[h])
                in_flight.push_back(sg::Mailbox::by_name(std::to_string(i))->get_async<flow>(&boxes[i]));
            for (size_t k = 0; k < in_flight.size(); k++) {
                in_flight[k]->wait();
                flows[receives[h][k]].end = in_flight[k]->get_finish_time();
            }
            for (auto &comm : sent)
                comm->wait();
        });
    clock_t start = clock();
    engine.run();
    printf("%.6f\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    FILE *out = fopen(argv[2], "w");
    if (!out)
        return 1;
    fprintf(out, "src,dst,bytes,start,finish\n");
    for (const flow &f : flows)
        fprintf(out, "%d,%d,%.0f,0,%.17g\n", f.src, f.dst, f.bytes, f.end);
    return fclose(out) != 0;
}
