import Telemetry

/// What the gateway counts.
struct GatewayCounters {
    let eventsPushed: Counter
    let offersSent: Counter
    let sessionsEnded: Counter
    let messagesHeard: Counter
    let malformedMessages: Counter
    let unconfirmedChannels: Counter
    let refusedByAccount: Counter
    let fills: Counter
    let fillFailures: Counter
    let socketsPaced: Counter
    let feedRows: Counter
    let feedFailures: Counter

    init(_ registry: MetricsRegistry) {
        eventsPushed = registry.counter(
            "lastmile_gateway_events_pushed_total", help: "Order events sent to sockets of this node.")
        offersSent = registry.counter("lastmile_gateway_offers_sent_total", help: "Offers sent to drivers' sockets.")
        sessionsEnded = registry.counter(
            "lastmile_gateway_sessions_ended_total", help: "Sockets ended because their session or role did.")
        messagesHeard = registry.counter(
            "lastmile_bus_messages_heard_total", help: "Messages of other nodes that were taken.")
        malformedMessages = registry.counter(
            "lastmile_bus_messages_malformed_total", help: "Messages dropped because they could not be read.")
        unconfirmedChannels = registry.counter(
            "lastmile_bus_channels_unconfirmed_total", help: "Subscriptions that had to begin without Redis.")
        refusedByAccount = registry.counter(
            "lastmile_connects_refused_by_account_total",
            help: "Sockets refused because their account had MAX_CONNECTIONS_PER_ACCOUNT.")
        fills = registry.counter(
            "lastmile_gateway_fills_total", help: "Orders read again for a socket, to catch up or close a hole.")
        fillFailures = registry.counter(
            "lastmile_gateway_fill_failures_total", help: "Reads of missed events that failed and are tried again.")
        socketsPaced = registry.counter(
            "lastmile_gateway_sockets_paced_total", help: "Times a socket's events waited until it had room.")
        feedRows = registry.counter("lastmile_feed_rows_total", help: "Rows that the feed returned.")
        feedFailures = registry.counter("lastmile_feed_failures_total", help: "Looks at the feed that failed.")
    }
}
