//! Another program that drags files onto the window, by the protocol that desktops use:
//! <https://freedesktop.org/wiki/Specifications/XDND/>. It speaks to the window itself; no pointer is moved.

use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::time::{Duration, Instant};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, MapState, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window as XWindow, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE};

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        TARGETS,
        XdndActionCopy,
        XdndAware,
        XdndDrop,
        XdndEnter,
        XdndFinished,
        XdndPosition,
        XdndSelection,
        XdndStatus,
        UriList: b"text/uri-list",
    }
}

/// How long the window may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Version of the protocol, in the place that it has in the first message.
const VERSION: u32 = 5 << 24;

/// Drops a file on the middle of the largest window that takes drops.
pub fn drop_file(path: &Path) -> Result<()> {
    let (connection, screen) = x11rb::connect(None).context("no display")?;
    let root = connection.setup().roots.get(screen).context("no screen")?.root;
    let atoms = Atoms::new(&connection)?.reply()?;
    let (target, middle) = target(&connection, root, &atoms)?;
    let source = connection.generate_id()?;
    let look = CreateWindowAux::new();
    connection.create_window(
        COPY_DEPTH_FROM_PARENT,
        source,
        root,
        0,
        0,
        1,
        1,
        0,
        WindowClass::INPUT_OUTPUT,
        0,
        &look,
    )?;
    connection.set_selection_owner(source, atoms.XdndSelection, CURRENT_TIME)?;
    let drag = Drag { uris: format!("file://{}\r\n", path.display()), connection, atoms, target };
    drag.send(drag.atoms.XdndEnter, [source, VERSION, drag.atoms.UriList, NONE, NONE])?;
    // The window asks what is dragged while it is moved over; only then it can say that it takes it.
    let began = Instant::now();
    loop {
        drag.send(drag.atoms.XdndPosition, [source, 0, middle, CURRENT_TIME, drag.atoms.XdndActionCopy])?;
        let status = drag.answer(drag.atoms.XdndStatus)?;
        // It may say so before it has asked: a program gives it that time too.
        drag.serve(Duration::from_millis(300))?;
        if status[1] & 1 == 1 {
            break;
        }
        if began.elapsed() > PATIENCE {
            bail!("the window does not take the file");
        }
    }
    drag.send(drag.atoms.XdndDrop, [source, 0, CURRENT_TIME, NONE, NONE])?;
    drag.answer(drag.atoms.XdndFinished)?;
    Ok(())
}

/// A drag that is under way.
struct Drag {
    connection: RustConnection,
    atoms: Atoms,
    target: XWindow,
    uris: String,
}

impl Drag {
    fn send(&self, kind: Atom, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, self.target, kind, data);
        self.connection.send_event(false, self.target, EventMask::NO_EVENT, message)?;
        Ok(self.connection.flush()?)
    }

    /// Waits for a message of the window; says meanwhile what is dragged.
    fn answer(&self, kind: Atom) -> Result<[u32; 5]> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.connection.poll_for_event()? {
                Some(Event::ClientMessage(message)) if message.type_ == kind => return Ok(message.data.as_data32()),
                Some(Event::SelectionRequest(request)) => self.tell(&request)?,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        bail!("the window does not answer")
    }

    /// Says for a while what is dragged.
    fn serve(&self, time: Duration) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < time {
            match self.connection.poll_for_event()? {
                Some(Event::SelectionRequest(request)) => self.tell(&request)?,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        Ok(())
    }

    fn tell(&self, request: &SelectionRequestEvent) -> Result<()> {
        let (to, place) = (request.requestor, request.property);
        if request.target == self.atoms.TARGETS {
            let kinds = [self.atoms.UriList];
            self.connection.change_property32(PropMode::REPLACE, to, place, AtomEnum::ATOM, &kinds)?;
        } else {
            self.connection.change_property8(PropMode::REPLACE, to, place, request.target, self.uris.as_bytes())?;
        }
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: request.selection,
            target: request.target,
            property: place,
        };
        self.connection.send_event(false, to, EventMask::NO_EVENT, told)?;
        Ok(self.connection.flush()?)
    }
}

/// The largest window on the screen that takes drops, and its middle as the protocol has a place.
fn target(connection: &RustConnection, root: XWindow, atoms: &Atoms) -> Result<(XWindow, u32)> {
    let mut waiting = vec![root];
    let mut best: Option<(u32, XWindow)> = None;
    while let Some(window) = waiting.pop() {
        waiting.extend(connection.query_tree(window)?.reply()?.children);
        let aware =
            connection.get_property(false, window, atoms.XdndAware, AtomEnum::ANY, 0, 1)?.reply()?.value_len > 0;
        if aware && connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE {
            let shape = connection.get_geometry(window)?.reply()?;
            let area = u32::from(shape.width) * u32::from(shape.height);
            if best.is_none_or(|(largest, _)| area > largest) {
                best = Some((area, window));
            }
        }
    }
    let (_, window) = best.context("no window takes drops")?;
    let shape = connection.get_geometry(window)?.reply()?;
    let half = |n: u16| i16::try_from(n / 2).unwrap_or(i16::MAX);
    let at = connection.translate_coordinates(window, root, half(shape.width), half(shape.height))?.reply()?;
    let part = |n: i16| u32::from(n.unsigned_abs());
    Ok((window, part(at.dst_x) << 16 | part(at.dst_y)))
}
