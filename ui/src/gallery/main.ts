/// The page of all components in all states: `gallery.html` beside the window's own page. It asks nothing of a host.
import { mount } from "svelte";
import "../app.css";
import Gallery from "./Gallery.svelte";

const target = document.getElementById("app");
if (target) mount(Gallery, { target });
