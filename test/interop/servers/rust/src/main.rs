//! The contract on socketioxide with axum. Left out: `kick-close`. Of one connection it closes namespaces only, and has
//! no connection state recovery.

mod args;

use std::env::var;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use args::Args;
use rmpv::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use tower_http::cors::CorsLayer;

/// Counts `tick` and `tick-binary` of one socket, and looks at their order.
struct Ticks {
    count: u64,
    binaries: u64,
    ordered: bool,
}

const NO_TICKS: Ticks = Ticks {
    count: 0,
    binaries: 0,
    ordered: true,
};

impl Ticks {
    fn add(&mut self, args: &Args, binary: bool) {
        self.ordered &= args.number() == self.count;
        self.count += 1;
        self.binaries += u64::from(binary);
    }

    fn report(&mut self) -> Value {
        let ticks = std::mem::replace(self, NO_TICKS);
        Value::Map(vec![
            ("count".into(), ticks.count.into()),
            ("binaries".into(), ticks.binaries.into()),
            ("ordered".into(), ticks.ordered.into()),
        ])
    }
}

async fn serve(s: SocketRef, TryData(auth): TryData<Value>) {
    let auth = auth
        .ok()
        .filter(|value| !value.is_nil())
        .unwrap_or(Value::Map(vec![]));
    s.emit("auth", &auth).ok();
    s.on("message", async |s: SocketRef, Data::<Args>(args)| {
        s.emit("message-back", &args).ok();
    });
    s.on(
        "message-with-ack",
        async |Data::<Args>(args), ack: AckSender| {
            ack.send(&args).ok();
        },
    );
    s.on("ask", async |s: SocketRef, Data::<Args>(args)| {
        if let Ok(answer) = s.emit_with_ack::<_, Args>("question", &args)
            && let Ok(args) = answer.await
        {
            s.emit("answer", &args).ok();
        }
    });
    s.on("burst", async |s: SocketRef, Data::<Args>(args)| {
        for i in 0..args.number() {
            s.emit("item", &i).ok();
        }
    });
    s.on("burst-binary", async |s: SocketRef, Data::<Args>(args)| {
        for i in 0..args.number() {
            s.emit(
                "blob",
                &Args(vec![i.into(), Value::Binary(vec![i as u8; 16])]),
            )
            .ok();
        }
    });
    s.on("kick", async |s: SocketRef| {
        s.disconnect().ok();
    });
    s.on("size", async |Data::<Args>(args), ack: AckSender| {
        let size = match args.first() {
            Value::Binary(bytes) => bytes.len(),
            value => value.as_str().map_or(0, |text| text.chars().count()),
        };
        ack.send(&size).ok();
    });

    let ticks = Arc::new(Mutex::new(NO_TICKS));
    for (event, binary) in [("tick", false), ("tick-binary", true)] {
        let ticks = ticks.clone();
        s.on(event, async move |Data::<Args>(args)| {
            ticks.lock().unwrap().add(&args, binary)
        });
    }
    s.on("report", async move |ack: AckSender| {
        let report = ticks.lock().unwrap().report();
        ack.send(&report).ok();
    });
}

/// An error of a middleware is its text: there is no place for data beside it.
async fn only_friends(TryData(auth): TryData<Value>) -> Result<(), &'static str> {
    match auth {
        Ok(auth) if auth["token"].as_str() == Some("letmein") => Ok(()),
        _ => Err("not authorized"),
    }
}

/// A pattern has no digits: the rest of the name is looked at here.
async fn only_digits(s: SocketRef) -> Result<(), &'static str> {
    match s
        .ns()
        .trim_start_matches("/dyn-")
        .bytes()
        .all(|byte| byte.is_ascii_digit())
    {
        true => Ok(()),
        false => Err("Invalid namespace"),
    }
}

fn number(name: &str, fallback: u64) -> u64 {
    var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(fallback)
}

// One thread: every event is a task of its own, and with several threads they run in no order.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (layer, io) = SocketIo::builder()
        .ping_interval(Duration::from_millis(number("PING_INTERVAL", 2000)))
        .ping_timeout(Duration::from_millis(number("PING_TIMEOUT", 2000)))
        .max_payload(number("MAX_PAYLOAD", 2_000_000))
        // The default of 128 packets is less than a burst: what does not fit is an error of `emit`.
        .max_buffer_size(16_384)
        .build_layer();
    io.ns("/", serve);
    io.ns("/custom", serve);
    io.ns("/secured", serve.with(only_friends));
    io.dyn_ns("/dyn-{id}", serve.with(only_digits)).unwrap();

    std::thread::spawn(|| {
        let mut buffer = [0; 4096];
        while matches!(std::io::stdin().read(&mut buffer), Ok(1..)) {}
        std::process::exit(0);
    });
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", var("PORT").unwrap()))
        .await
        .unwrap();
    println!("listening");
    let app = axum::Router::new()
        .layer(layer)
        .layer(CorsLayer::permissive());
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    tokio::select! {
        _ = axum::serve(listener, app) => {}
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
